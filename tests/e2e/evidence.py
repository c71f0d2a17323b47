"""Evidence of a failed browser test: what each page showed and said, and what its server wrote."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import Error as PlaywrightError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, WebError

FOLDER = Path(__file__).resolve().parents[2] / ".failures"
SCREENSHOT_MS = 5_000

_contexts: dict[BrowserContext, list[str]] = {}
_server_logs: list[Path] = []
_kept: set[Path] = set()


def watch_contexts(browser: Browser) -> None:
    """Open contexts that ask for little motion, and note what their pages say on the console."""
    plain = browser.new_context

    def new_context(**options: object) -> BrowserContext:
        # Motion costs a third of a browser test; a test that is about it asks for it.
        options.setdefault("reduced_motion", "reduce")
        context = plain(**options)  # type: ignore[arg-type]
        said: list[str] = []

        def note_message(message: ConsoleMessage) -> None:
            said.append(f"{message.type}: {message.text}")

        def note_error(error: WebError) -> None:
            said.append(f"uncaught: {error.error}")

        context.on("console", note_message)
        context.on("weberror", note_error)
        _contexts[context] = said
        return context

    browser.new_context = new_context  # type: ignore[method-assign, assignment]
    browser.new_page = lambda **options: new_context(**options).new_page()  # type: ignore[method-assign]


def close_contexts(browser: Browser) -> None:
    """Close what a test has opened, so that the next one begins without its cookies."""
    for context in list(browser.contexts):
        _contexts.pop(context, None)
        context.close()


def watch_server(log: Path) -> None:
    """Keep this log, too, from now on, should a test fail."""
    _server_logs.append(log)


def leave_server(log: Path) -> None:
    """Stop it."""
    _server_logs.remove(log)


def keep() -> Path | None:
    """Write the evidence of the test that is running, and return its folder; None outside tests.

    The first call for a test counts: later the server may be gone, and the page say only that.
    """
    running = os.environ.get("PYTEST_CURRENT_TEST")
    if running is None:
        return None
    test = running.rpartition(" ")[0].partition("@")[0]
    folder = FOLDER / re.sub(r"[^\w.\[\]-]+", "-", test.removeprefix("tests/"))
    if folder in _kept:
        return folder
    _kept.add(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for number, log in enumerate(_server_logs):
        shutil.copy(log, folder / f"server-{number}.log")
    number = 0
    for context, said in _contexts.items():
        for page in context.pages:
            number += 1
            name = f"page-{number}"
            (folder / f"{name}-console.txt").write_text("\n".join(said), encoding="utf-8")
            # A page that has crashed leaves its console at least.
            with suppress(PlaywrightError):
                text = page.locator("body").inner_text(timeout=SCREENSHOT_MS)
                (folder / f"{name}.txt").write_text(f"{page.url}\n\n{text}", encoding="utf-8")
                page.screenshot(path=folder / f"{name}.png", timeout=SCREENSHOT_MS)
    return folder
