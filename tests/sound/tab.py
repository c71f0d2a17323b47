"""A tab beside others in one window, which Chromium itself hides when another one is in front.

Playwright keeps its own pages visible, whatever lies over them; this one is driven by Chromium's
protocol alone. A hidden tab draws nothing, and its timers are slowed down.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from tests.e2e.driver import CHROMIUM, FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

# Playwright switches them on.
UNSLOWED = (
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
)
PATIENCE_S, LOOK_S = 60.0, 0.1


@contextmanager
def anybodys_browser() -> Iterator[Browser]:
    """Start Chromium as people have it, with hidden tabs slowed down."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, ignore_default_args=list(UNSLOWED)
        )
        yield browser
        browser.close()


class Tab:
    """One tab; it opens in front of the others."""

    def __init__(self, browser: Browser) -> None:
        self._protocol = browser.new_browser_cdp_session()
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked = 0
        self._protocol.on("Target.receivedMessageFromTarget", self._take)
        opened = self._protocol.send("Target.createTarget", {"url": "about:blank"})
        self._id = opened["targetId"]
        self._session = self._protocol.send(
            "Target.attachToTarget", {"targetId": self._id, "flatten": False}
        )["sessionId"]

    def _take(self, event: dict[str, Any]) -> None:
        answer = json.loads(event["message"])
        if "id" in answer:
            self._answers[answer["id"]] = answer

    def send(self, method: str, **values: object) -> dict[str, Any]:
        """Send a command, and return its result."""
        self._asked += 1
        words = json.dumps({"id": self._asked, "method": method, "params": values})
        to = {"sessionId": self._session, "message": words}
        self._protocol.send("Target.sendMessageToTarget", to)
        ends = time.monotonic() + PATIENCE_S
        while self._asked not in self._answers:
            assert time.monotonic() < ends, f"{method} was not answered"
            # Events are heard while something is sent.
            self._protocol.send("Target.getTargetInfo", {"targetId": self._id})
        answer = self._answers.pop(self._asked)
        assert "result" in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def open(self, address: str, cookies: dict[str, str]) -> None:
        """Go to a page with cookies of its site."""
        for name, value in cookies.items():
            self.send("Network.setCookie", name=name, value=value, url=address)
        self.send("Page.navigate", url=address)

    def evaluate(self, function: str, value: object = None) -> Any:  # noqa: ANN401 - whatever it gives
        """Call a function in the page as a press would, and return what it returns."""
        told = self.send(
            "Runtime.evaluate",
            expression=f"({function})({json.dumps(value)})",
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def comes_true(self, function: str, within_s: float = PATIENCE_S) -> bool:
        """Wait until a function returns something true, and say whether it did."""
        ends = time.monotonic() + within_s
        while not self.evaluate(f"() => Boolean(({function})())"):
            if time.monotonic() > ends:
                return False
            time.sleep(LOOK_S)
        return True

    def wait_for(self, function: str) -> None:
        """Wait until a function returns something true, or fail."""
        assert self.comes_true(function), f"never true: {function}"

    def come_to_front(self) -> None:
        """Show this tab, and hide the others."""
        self._protocol.send("Target.activateTarget", {"targetId": self._id})
