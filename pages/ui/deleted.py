"""Recently deleted listeners, so that no tab carries on with a deleted id."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from recommender.listeners import new_token

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Upper bound in memory: for an older id, a tab learns of the deletion from the database.
MAX_DELETED = 4_096


class Deleted:
    """Ids of deleted listeners, each with its successor's token. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By listener: the deleting browser and the successor's token; oldest first.
        self._next: dict[str, tuple[str, str]] = {}

    def __contains__(self, listener: str) -> bool:
        """Return whether a listener was deleted."""
        with self._lock:
            return listener in self._next

    def add(self, listener: str, browser: str) -> str:
        """Record that a listener was deleted, and return its successor's token."""
        with self._lock:
            token = new_token()
            self._next.pop(listener, None)
            self._next[listener] = browser, token
            if len(self._next) > MAX_DELETED:
                del self._next[next(iter(self._next))]
            return token

    def after(self, listener: str, browser: str) -> str:
        """Return the successor's token, the same for all tabs of the deleting browser.

        Any other browser with the listener's cookie gets a new token, for a listener of its own.
        """
        with self._lock:
            where, token = self._next.get(listener, ("", ""))
        return token if browser and where == browser else new_token()


_of_databases: WeakKeyDictionary[Engine, Deleted] = WeakKeyDictionary()
_of_databases_lock = threading.Lock()


def deleted_from(engine: Engine) -> Deleted:
    """Return the listeners that this process deleted from a database."""
    with _of_databases_lock:
        return _of_databases.setdefault(engine, Deleted())
