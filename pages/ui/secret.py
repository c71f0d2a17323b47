"""The secret that signs the server's cookies, kept across restarts."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

FILE_NAME = "cookie-secret"
SECRET_BYTES = 32


def secret_in(folder: Path) -> bytes:
    """Return the secret stored in a folder, created on first use and readable by its owner alone.

    Where it cannot be stored, each call returns a new secret.
    """
    path = folder / FILE_NAME
    with suppress(OSError):
        kept = path.read_bytes()
        if len(kept) == SECRET_BYTES:
            return kept
    made = secrets.token_bytes(SECRET_BYTES)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        # Renamed when complete, so that no process reads half a secret; `mkstemp` sets mode 0600.
        descriptor, part = tempfile.mkstemp(prefix=FILE_NAME, dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(made)
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    return made
