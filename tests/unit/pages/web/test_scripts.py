"""The modules of the player over HTTP: these files alone, sent anew when they change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.datastructures import Headers

from pages.ui import js
from pages.ui.web import scripts
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from starlette.types import Message

HERE = Path(js.__file__).parent
APP = Starlette(routes=scripts.routes("/moodring"))


def ask(path: str, tag: str = "") -> tuple[int, Headers, str]:
    """Return status, headers and body of an answer."""
    sent: list[Message] = []

    async def note(message: Message) -> None:
        sent.append(message)

    async def nothing() -> Message:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/moodring/js/{path}",
        "headers": [(b"if-none-match", tag.encode())],
    }
    run_apart(APP(scope, nothing, note))
    start, *parts = sent
    body = b"".join(part["body"] for part in parts)
    return start["status"], Headers(raw=start["headers"]), body.decode()


def test_the_first_module_and_all_that_it_imports_are_there() -> None:
    missing, known = ["main.js"], set[str]()
    while missing:
        name = missing.pop()
        status, headers, text = ask(f"player/{name}")
        assert status == 200
        assert headers["content-type"] == "text/javascript; charset=utf-8"
        assert headers["cache-control"] == "no-cache"
        known.add(name)
        missing += set(re.findall(r'from "\./([a-z_]+\.js)"', text)) - known
    assert known == {path.name for path in (HERE / "player").glob("*.js")}
    assert scripts.MAIN == "./moodring/js/player/main.js"


def test_an_unchanged_module_is_not_sent_again() -> None:
    tag = ask("player/queue.js")[1]["etag"]
    assert ask("player/queue.js", tag)[::2] == (304, "")
    assert ask("player/queue.js", '"old"')[0] == 200


@pytest.mark.parametrize(
    "path", ["player/none.js", "player/..\\ring.js", "player/..", "other/main.js", "../launcher.py"]
)
def test_no_other_file_is_given(path: str) -> None:
    assert ask(path)[0] == 404
