"""Streamlit's sessions: each belongs to the browser that opened it, and holds bounded uploads."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.web.server.starlette.starlette_websocket import gather_user_info

from pages.ui.visitor.browser import word_shown

# Set here for Streamlit; what a client sends by this name is dropped.
HEADER = "X-Moodring-Browser"
USER_KEY = "moodring_browser"
ASKED_FOR = "Sec-WebSocket-Protocol"
_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?\Z")
REFUSED = "This upload belongs to another browser."
BYTES_PER_MIB = 1024 * 1024
# Two albums at once, or eight files of the largest size.
MAX_SESSION_BYTES = 200 * BYTES_PER_MIB
MAX_BYTES = 3 * MAX_SESSION_BYTES
# Minimum cost of a file, for its metadata, which limits the number of files as well.
LEAST_BYTES = 64 * 1024
NOT_ASKED_FOR = "This page takes no files now."
NO_LENGTH = "Say how long the file is."
SESSION_FULL = "These are too many files at once. Send fewer of them."
SERVER_FULL = "Too many files are being sent just now. Try again in a minute."
# Streamlit's type of the state of st.file_uploader and of st.camera_input.
_UPLOADER = "file_uploader_state_value"


def bind_sessions_to_browsers() -> None:
    """Let Streamlit give a session to no browser but its own."""
    told = st.get_option("server.trustedUserHeaders")
    config.set_option("server.trustedUserHeaders", {**told, HEADER: USER_KEY}, "app.py")


class OwnSessions:
    """Middleware that tells Streamlit which browser asks, and guards a session's uploads.

    Streamlit lets whoever knows a session's id have it, five minutes after its tab was closed,
    and change its uploads. The id stands in the path of each upload, and so in the logs of a proxy.
    But it compares what it was told of a session's user, and that is where the browser's word comes
    in.

    Parameters
    ----------
    secret : callable, returns the secret of the browsers' cookies, called when there are any
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


class BoundedUploads:
    """Middleware that rejects uploads to pages without an uploader, and those over the limits.

    Streamlit limits the size of each file, but keeps any number of files of a session in memory,
    even if its page shows no uploader.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Announced bytes in flight, by session. No lock: only the server's event loop comes here.
        self._coming: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it before its body is read."""
        upload = _UPLOAD.search(scope["path"]) if scope["type"] == "http" else None
        if upload is None or scope["method"] != "PUT":
            await self._app(scope, receive, send)
            return
        session, length = upload[1], _length(scope)
        refusal = self._refusal(session, length)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        with self._on_its_way(session, max(length, LEAST_BYTES)):
            await self._app(scope, receive, send)

    def _refusal(self, session: str, length: int) -> PlainTextResponse | None:
        """Return the response that rejects an upload; None if it is accepted."""
        if not has_uploader(session):
            return PlainTextResponse(NOT_ASKED_FOR, HTTPStatus.FORBIDDEN)
        if length < 0:
            return PlainTextResponse(NO_LENGTH, HTTPStatus.LENGTH_REQUIRED)
        held = held_bytes()
        more = max(length, LEAST_BYTES)
        if held.get(session, 0) + self._coming.get(session, 0) + more > MAX_SESSION_BYTES:
            return PlainTextResponse(SESSION_FULL, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if sum(held.values()) + sum(self._coming.values()) + more > MAX_BYTES:
            return PlainTextResponse(SERVER_FULL, HTTPStatus.SERVICE_UNAVAILABLE)
        return None

    @contextmanager
    def _on_its_way(self, session: str, length: int) -> Iterator[None]:
        self._coming[session] = self._coming.get(session, 0) + length
        try:
            yield
        finally:
            self._coming[session] -= length
            if not self._coming[session]:
                del self._coming[session]


def has_uploader(session: str) -> bool:
    """Return whether a session's page shows an uploader."""
    app_session = Runtime.instance().get_app_session(session)
    if app_session is None:
        return False
    state = app_session.session_state
    new, old = state._new_widget_state, state._old_state  # noqa: SLF001 - see test_uploads
    # Copied, because the page's thread may change the dictionary meanwhile.
    return any(
        metadata is not None
        and metadata.value_type == _UPLOADER
        and (widget in new.states or widget in old)
        for widget, metadata in list(new.widget_metadata.items())
    )


def held_bytes() -> dict[str, int]:
    """Return the memory taken by uploaded files, in bytes by session."""
    manager = Runtime.instance().uploaded_file_mgr
    assert isinstance(manager, MemoryUploadedFileManager)  # noqa: S101 - Streamlit has no other
    storage = manager.file_storage
    return {
        session: sum(max(len(file.data), LEAST_BYTES) for file in list(files.values()))
        for session, files in list(storage.items())
    }


def _length(scope: Scope) -> int:
    """Return the announced length of a body in bytes; -1 without a valid length."""
    announced = Headers(scope=scope).get("content-length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else -1
