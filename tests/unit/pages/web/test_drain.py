"""The end of a process: nobody comes in, those who are in go on for a while, then it stops."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pages.ui.web import drain
from pages.ui.web.drain import Drain
from tests.fakes.web_server import asked, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.websockets import WebSocket

ROOT = Path(__file__).parents[4]
PAGE = "text/html,*/*"
# A process that is told to end; signals reach main threads alone, and that of the tests may have
# the browser's loop. It prints the seconds that it went on for.
ENDING = """
import asyncio, os, signal, sys

from pages.ui.web import drain

pages, drain.DRAIN_S, drain.LOOK_S = int(sys.argv[1]), float(sys.argv[2]), 0.01
drain.open_pages = lambda: pages

async def live():
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def end(*_):
        if not ended.done():
            ended.set_result(loop.time())

    signal.signal(signal.SIGTERM, end)
    with drain.at_sigterm():
        begun = loop.time()
        for _ in range(int(sys.argv[3])):
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.05)
        print(await asyncio.wait_for(ended, 30) - begun)
    assert signal.getsignal(signal.SIGTERM) is end
    assert drain.has_begun()

asyncio.run(live())
"""


@pytest.fixture(autouse=True)
def no_end() -> Iterator[None]:
    yield
    drain._begun.clear()


async def answered(_: Request) -> PlainTextResponse:
    return PlainTextResponse("fine")


async def talked(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("fine")
    await socket.close()


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    routes = [
        Route("/{path:path}", answered),
        WebSocketRoute("/_stcore/stream", talked),
        WebSocketRoute("/moodring/live/x", talked),
    ]
    with serving(routes, [Middleware(Drain)]) as served:
        yield served


def said(port: int, path: str) -> str:
    with connect(f"ws://127.0.0.1:{port}{path}", proxy=None) as socket:
        return str(socket.recv())


def test_as_long_as_nothing_ends_everything_is_answered(port: int) -> None:
    for path in ("/", "/_stcore/health"):
        assert asked(port, path, {}, Accept=PAGE)[2] == b"fine"
    assert said(port, "/_stcore/stream") == "fine"


def test_at_the_end_new_visitors_are_sent_elsewhere_and_the_others_go_on(port: int) -> None:
    drain._begun.set()
    for path in ("/_stcore/health", "/mood/_stcore/health", "/_stcore/script-health-check/"):
        assert asked(port, path, {})[0] == 503
    status, headers, page = asked(port, "/library", {}, Accept=PAGE, Accept_Language="fr")
    assert status == 503
    assert (headers["retry-after"], headers["refresh"]) == ("1", "1")
    assert headers["cache-control"] == "no-store"
    assert "Moodring redémarre." in page.decode()
    with pytest.raises(InvalidStatus):
        said(port, "/_stcore/stream")
    assert asked(port, "/media/song.mp3", {})[2] == b"fine"
    assert said(port, "/moodring/live/x") == "fine"


@pytest.mark.parametrize(
    ("pages", "drain_s", "signals", "shortest_s"),
    [(0, 60.0, 1, 0.0), (1, 0.3, 1, 0.3), (1, 60.0, 2, 0.0)],
    ids=["nobody is in", "somebody stays", "told twice"],
)
def test_the_process_waits_for_those_who_are_in_but_not_for_long(
    pages: int, drain_s: float, signals: int, shortest_s: float
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING, str(pages), str(drain_s), str(signals)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert shortest_s <= float(done.stdout) < shortest_s + 30


def test_streamlit_tells_how_many_pages_are_open() -> None:
    from streamlit.runtime import Runtime
    from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

    assert "_session_mgr" in Runtime.__init__.__code__.co_names
    assert callable(WebsocketSessionManager.list_active_sessions)
    assert drain.open_pages() == 0
