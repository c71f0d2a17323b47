"""A session of Streamlit's belongs to the browser that opened it.

Streamlit lets whoever knows a session's id have it, up to two minutes after its tab was closed, and
change its uploads. The id stands in the path of each upload, and so in the logs of a proxy. But it
compares what it was told of a session's user, and that is where the browser's word comes in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

from pages.ui.visitor.browser import word_shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

# Set here for Streamlit; what a client sends by this name is dropped.
HEADER = "X-Moodring-Browser"
USER_KEY = "moodring_browser"
ASKED_FOR = "Sec-WebSocket-Protocol"
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?\Z")
REFUSED = "This upload belongs to another browser."


def bind_sessions_to_browsers() -> None:
    """Let Streamlit give a session to no browser but its own."""
    told = st.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", {**told, HEADER: USER_KEY}, "app.py")


class OwnSessions:
    """Middleware that tells Streamlit which browser asks, and guards a session's uploads.

    secret : of the browsers' cookies; called when there are any
    """

    def __init__(self, app: ASGIApp, secret: Callable[[], bytes]) -> None:
        self._app = app
        self._secret = secret

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on with the browser's word, or refuse it."""
        is_socket = scope["type"] == "websocket"
        upload = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if is_socket or upload:
            scope = self._with_word(scope)
        if upload and not _may_change(upload[1], scope):
            await PlainTextResponse(REFUSED, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _with_word(self, scope: Scope) -> Scope:
        asked = HTTPConnection(scope)
        word = word_shown(asked.cookies, asked.headers, self._secret)
        told = {**scope, "headers": list(scope["headers"])}
        headers = MutableHeaders(scope=told)
        headers[HEADER] = word
        if not word and ASKED_FOR in headers:
            # The third is the session that is wanted back. All browsers without a cookie look
            # alike, so that each of them begins a new one.
            headers[ASKED_FOR] = ",".join(headers[ASKED_FOR].split(",")[:2])
        return told


def _may_change(session_id: str, scope: Scope) -> bool:
    """Return whether a request comes from the browser of the session whose upload it is for."""
    if scope["method"] == "OPTIONS":
        return True
    session = Runtime.instance().get_app_session(session_id)
    if session is None:
        # Streamlit says so itself, to whoever brings a file.
        return bool(scope["method"] == "PUT")
    return session.matches_user_info({**gather_user_info(Headers(scope=scope))})
