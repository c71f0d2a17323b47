"""Limits on uploads: in total, per session, and only for pages with an uploader.

Streamlit limits the size of each file, but keeps any number of files of a session in memory, even
if its page shows no uploader.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit.runtime import Runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

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
_PLACE = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+/?$")
# Streamlit's type of the state of st.file_uploader and of st.camera_input.
_UPLOADER = "file_uploader_state_value"


class BoundedUploads:
    """Middleware that rejects uploads to pages without an uploader, and those over the limits."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Announced bytes in flight, by session. No lock: only the server's event loop comes here.
        self._coming: dict[str, int] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it before its body is read."""
        upload = _PLACE.search(scope["path"]) if scope["type"] == "http" else None
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
