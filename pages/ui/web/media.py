"""Addresses of sounds, pictures and downloads that no other session can compute.

Streamlit makes them from the content, and of large files from three samples of it: who has the
same file would know that somebody plays it, and who makes one that looks alike would have it sent
in the other's place.
"""

from __future__ import annotations

import hashlib
import secrets

from streamlit.runtime import memory_media_file_storage
from streamlit.runtime.scriptrunner import get_script_run_ctx

# Known to this process alone, and to it only until it ends.
_SECRET = secrets.token_bytes(32)


def keep_media_apart() -> None:
    """Let Streamlit name each file by all of its bytes, the session, and a secret of the process.

    The name stays the same when a page is drawn again, so that a sound plays on.
    """
    memory_media_file_storage._calculate_file_id = media_id  # noqa: SLF001 - see test_media


def media_id(data: bytes, mimetype: str, filename: str | None = None) -> str:
    """Return the name of a file in the session that draws it: 64 hexadecimal digits."""
    context = get_script_run_ctx()
    session = "" if context is None else context.session_id
    digest = hashlib.blake2b(key=_SECRET, digest_size=32)
    for part in (session.encode(), mimetype.encode(), (filename or "").encode(), data):
        # With the lengths, the same bytes parted elsewhere are another file.
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
