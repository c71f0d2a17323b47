"""Cache of remote sources' responses.

The cache only saves time: on any database error a search continues without it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from recommender.db.engine import waiting_briefly
from recommender.db.tables import CachedAnswerRow
from recommender.text import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Connection, Engine


MAX_LIFETIME = timedelta(days=1)
MAX_BYTES = 1_000_000
T = TypeVar("T")
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

        def read() -> object:
            with self._engine.connect() as connection:
                found = connection.scalar(asked)
            return None if found is None else json.loads(found)

        return ignoring_database_errors(read, None)

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

        def write() -> None:
            with self._writing() as connection:
                connection.execute(old)
                connection.execute(insert(_ROW), row)

        ignoring_database_errors(write, None)

    def drop_expired(self) -> int:
        """Delete expired responses and return their number."""
        expired = delete(_ROW).where(_ROW.expires_at <= self._time())

        def write() -> int:
            with self._writing() as connection:
                return connection.execute(expired).rowcount

        return ignoring_database_errors(write, 0)

    def _time(self) -> datetime:
        return self._now().astimezone(UTC).replace(tzinfo=None)

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        # Without the writers' lock and with a short timeout: an import may hold the lock for a
        # minute.
        with (
            self._engine.execution_options(writes=True).connect() as connection,
            waiting_briefly(connection),
            connection.begin(),
        ):
            yield connection


def ignoring_database_errors(act: Callable[[], T], otherwise: T) -> T:
    """Return the result of a call, or a default when the database fails."""
    try:
        return act()
    except (SQLAlchemyError, sqlite3.Error, OSError, ValueError) as error:
        _log.warning("kept answers cannot be used: %s", type(error).__name__)
        return otherwise


def _key(source: str, request: Mapping[str, Any]) -> str:
    text = json.dumps([source, dict(request)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
