"""The secret by which the server knows its own cookies again, kept over a restart."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

FILE_NAME = "cookie-secret"
SECRET_BYTES = 32


def secret_in(folder: Path) -> bytes:
    """Return the secret kept in a folder, made on first need and readable by its owner alone.

    Where nothing can be kept, it lasts as long as the process.
    """
    path = folder / FILE_NAME
    with suppress(OSError):
        kept = path.read_bytes()
        if len(kept) == SECRET_BYTES:
            return kept
    made = secrets.token_bytes(SECRET_BYTES)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        # Under its name it is whole at once; `mkstemp` lets the owner alone read it.
        descriptor, part = tempfile.mkstemp(prefix=FILE_NAME, dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(made)
            Path(part).replace(path)
        finally:
            Path(part).unlink(missing_ok=True)
    return made
