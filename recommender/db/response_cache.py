"""Cache of remote sources' responses.

The cache only saves time: on any database error a search continues without it.
"""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import short_write
from recommender.db.tables import CachedAnswerRow
from recommender.text import utc_now

MAX_LIFETIME = timedelta(days=1)
MAX_BYTES = 1_000_000
_ROW = CachedAnswerRow
_log = logging.getLogger(__name__)


class ResponseCache:
    """Cached responses of all remote sources. Thread-safe.

    Parameters
    ----------
    now : callable, the current time (timezone-aware)
    """

    def __init__(self, engine: Engine, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine = engine
        self._now = now

    def get(self, source: str, request: Mapping[str, Any]) -> object:
        """Return the cached response to a request; None when there is no fresh one."""
        now = self._time()
        # An expiry beyond MAX_LIFETIME was written while a clock was wrong.
        fresh = (_ROW.expires_at > now) & (_ROW.expires_at <= now + MAX_LIFETIME)
        asked = select(_ROW.answer).where(_ROW.key == _key(source, request), fresh)
        with _DatabaseErrorsIgnored(), self._engine.connect() as connection:
            found = connection.scalar(asked)
            return None if found is None else json.loads(found)
        return None

    def put(
        self, source: str, request: Mapping[str, Any], answer: object, lifetime: timedelta
    ) -> None:
        """Store a response and delete expired ones.

        Parameters
        ----------
        answer : JSON value; not stored when it is longer than `MAX_BYTES` characters
        lifetime : timedelta, capped at `MAX_LIFETIME`
        """
        text = json.dumps(answer)
        if len(text) > MAX_BYTES:
            return
        now = self._time()
        row = {
            "key": _key(source, request),
            "source": source,
            "request": json.dumps(dict(request)),
            "answer": text,
            "asked_at": now,
            "expires_at": now + min(lifetime, MAX_LIFETIME),
        }
        old = delete(_ROW).where((_ROW.key == row["key"]) | (_ROW.expires_at <= now))
        with _DatabaseErrorsIgnored(), short_write(self._engine, brief=True) as connection:
            connection.execute(old)
            connection.execute(insert(_ROW), row)

    def drop_expired(self) -> int:
        """Delete expired responses and return their number."""
        expired = delete(_ROW).where(_ROW.expires_at <= self._time())
        with _DatabaseErrorsIgnored(), short_write(self._engine) as connection:
            return connection.execute(expired).rowcount
        return 0

    def _time(self) -> datetime:
        return self._now().astimezone(UTC).replace(tzinfo=None)


class _DatabaseErrorsIgnored:
    """A block that ends quietly when the database fails."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        fails = isinstance(error, SQLAlchemyError | sqlite3.Error | OSError | ValueError)
        if fails:
            _log.warning("kept answers cannot be used: %s", type(error).__name__)
        return fails


def _key(source: str, request: Mapping[str, Any]) -> str:
    text = json.dumps([source, dict(request)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
