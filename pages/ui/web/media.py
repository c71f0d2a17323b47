"""Addresses of sounds, pictures and downloads that no other session can compute.

Streamlit derives them from the content, for large files from three samples of it: anybody with the
same file could find out that it is being played, and a file crafted to share the samples would be
sent in its place.
"""

from __future__ import annotations

import hashlib
import secrets

from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.scriptrunner import get_script_run_ctx

# New in each process, and never stored.
_SECRET = secrets.token_bytes(32)


def keep_media_apart() -> None:
    """Make Streamlit derive a file's name from all its bytes, the session and a process secret.

    The name stays the same when a page is redrawn, so that a sound plays on.
    """
    memory_media_file_storage._calculate_file_id = media_id  # noqa: SLF001 - see test_media


def media_id(data: bytes, mimetype: str, filename: str | None = None) -> str:
    """Return the name of a file in the session that draws it: 64 hexadecimal digits."""
    context = get_script_run_ctx()
    session = "" if context is None else context.session_id
    digest = hashlib.blake2b(key=_SECRET, digest_size=32)
    for part in (session.encode(), mimetype.encode(), (filename or "").encode(), data):
        # The length prefix keeps the same bytes, split elsewhere, from giving the same digest.
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
