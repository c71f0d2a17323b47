"""Listeners who were deleted lately, so that no tab goes on as one of them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from recommender.listeners import new_token

if TYPE_CHECKING:
    from sqlalchemy import Engine

# Tabs that have been asleep since longer ago begin anew by what the database no longer knows.
MAX_DELETED = 4_096


class Deleted:
    """Ids of deleted listeners, and who came after each. Any number of threads may use it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The browser it was deleted in, and the token of its next listener; the oldest first.
        self._next: dict[str, tuple[str, str]] = {}

    def __contains__(self, listener: str) -> bool:
        """Return whether a listener was deleted."""
        with self._lock:
            return listener in self._next

    def add(self, listener: str, browser: str) -> str:
        """Note that a listener was deleted, and return the token of who comes after."""
        with self._lock:
            token = new_token()
            self._next.pop(listener, None)
            self._next[listener] = browser, token
            if len(self._next) > MAX_DELETED:
                del self._next[next(iter(self._next))]
            return token

    def after(self, listener: str, browser: str) -> str:
        """Return the token that a tab goes on with: all tabs of one browser with the same.

        Another browser that had the listener's cookie becomes somebody else.
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
