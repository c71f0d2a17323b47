"""The secret by which the server knows its own cookies: set, kept in the database, or a file."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import tempfile
import threading
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.errors import SourceError

if TYPE_CHECKING:
    from recommender.settings import Settings

FILE_NAME = "cookie-secret"
SECRET_BYTES = 32
# Key among the state that the database keeps.
STATE_NAME = "cookie-secret"
# Between two attempts to reach the database server.
RETRY_S = 5.0
_log = logging.getLogger(__name__)


def digest_of(secret: str) -> bytes:
    """Return a secret of `SECRET_BYTES` bytes made from one of any length."""
    return hashlib.sha256(secret.encode()).digest()


class CookieSecret:
    """The secret of one installation, on which all processes of a database server agree.

    Thread-safe.

    Parameters
    ----------
    settings : Settings or None, None while they cannot be used: nothing is kept then
    """

    def __init__(self, settings: Settings | None) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._value: bytes | None = None
        if settings is None:
            self._value = secrets.token_bytes(SECRET_BYTES)
        elif settings.cookie_secret is not None:
            self._value = digest_of(settings.cookie_secret)

    def value(self) -> bytes:
        """Return the secret: the folder's, as long as the database server has not told its own."""
        with self._lock:
            if self._value is not None or self._settings is None:
                return self._value or b""
            if self._settings.database_url is None:
                self._value = secret_in(self._settings.data_dir)
                return self._value
        return secret_in(self._settings.data_dir)

    def share(self) -> None:
        """Ask the database server, if there is one, and again in a thread until it answers."""
        settings = self._settings
        if self._value is not None or settings is None or settings.database_url is None:
            return
        if not self._ask(settings):
            again = partial(self._ask_again, settings)
            threading.Thread(target=again, name="cookie-secret", daemon=True).start()

    def _ask_again(self, settings: Settings) -> None:
        while not self._ask(settings):
            time.sleep(RETRY_S)

    def _ask(self, settings: Settings) -> bool:
        from recommender.db.app_state import claim_state
        from recommender.wiring import opened

        try:
            with opened(settings) as engine:
                made = secrets.token_hex(SECRET_BYTES)
                told = bytes.fromhex(claim_state(engine, STATE_NAME, made))
        except (SourceError, ValueError) as error:
            _log.warning("the cookies' secret cannot be shared: %s", type(error).__name__)
            return False
        with self._lock:
            self._value = told
        return True


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
