"""A graceful end: at SIGTERM nobody new comes in, and those who are in have some seconds."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from streamlit.runtime import Runtime

from pages.ui.visitor import language
from recommender import wording

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

# Those who are in may go on for so long, unless they leave before.
DRAIN_S = 10.0
LOOK_S = 0.1
# A browser that came too early or too late asks again after so long.
AGAIN_S = 1
HEALTH = ("/_stcore/health", "/_stcore/script-health-check")
STREAM = "/_stcore/stream"
# Close code: the service restarts (RFC 6455's registry, 1012).
RESTARTS = 1012
_begun = threading.Event()


def has_begun() -> bool:
    """Return whether the process is ending, and takes nobody in."""
    return _begun.is_set()


def open_pages() -> int:
    """Return how many pages are connected."""
    return len(Runtime.instance()._session_mgr.list_active_sessions()) if Runtime.exists() else 0  # noqa: SLF001 - see test_drain


@contextmanager
def at_sigterm() -> Iterator[None]:
    """End gracefully at SIGTERM while the block runs; at a second one, or at Ctrl-C, at once.

    Call it in the server's event loop. Elsewhere than in the main thread, signals stay as they are.
    """
    loop = asyncio.get_running_loop()
    end = signal.getsignal(signal.SIGTERM)
    if threading.current_thread() is not threading.main_thread() or not callable(end):
        yield
        return

    def stop() -> None:
        end(signal.SIGTERM, None)

    def look(ends: float) -> None:
        if open_pages() and loop.time() < ends:
            loop.call_later(LOOK_S, look, ends)
        else:
            stop()

    def begin() -> None:
        if _begun.is_set():
            stop()
            return
        _begun.set()
        look(loop.time() + DRAIN_S)

    loop.add_signal_handler(signal.SIGTERM, begin)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, end)


class Drain:
    """Middleware that takes nobody in while the process is ending.

    A proxy that hears so sends its visitors elsewhere. When the process has ended, the pages
    connect again by themselves, and the proxy leads them to another process.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or send its visitor elsewhere."""
        if not _begun.is_set() or scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        path, headers = scope["path"].rstrip("/"), Headers(scope=scope)
        if scope["type"] == "websocket" and path.endswith(STREAM):
            await send({"type": "websocket.close", "code": RESTARTS})
        elif scope["type"] == "http" and path.endswith(HEALTH):
            answer = PlainTextResponse("ending", HTTPStatus.SERVICE_UNAVAILABLE)
            await answer(scope, receive, send)
        elif scope["type"] == "http" and "text/html" in headers.get("accept", ""):
            await _page(Request(scope))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _page(request: Request) -> HTMLResponse:
    """Return a page that asks again by itself; a proxy may ask another process in its place."""
    code = language.of_request(request)
    said = escape(wording.sentence(wording.Message("server-restarts"), code))
    page = (
        f'<!doctype html><html lang="{code}" dir="{language.direction(code)}">'
        f'<meta charset="utf-8"><meta name="color-scheme" content="light dark">'
        f"<title>Moodring</title><p>{said}</p></html>"
    )
    headers = {"Retry-After": str(AGAIN_S), "Refresh": str(AGAIN_S), "Cache-Control": "no-store"}
    return HTMLResponse(page, HTTPStatus.SERVICE_UNAVAILABLE, headers)
