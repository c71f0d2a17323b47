"""The listener: a random word in this browser's cookie, and what is kept under it.

The cookie is written when the first song is shown, for that is the first thing to remember. Only a
word that the database knows is taken from it: anybody can write a cookie. A listener who was
deleted stays so in every tab.
"""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import streamlit as st

from pages.ui import resources
from pages.ui.visitor import browser as visitor_browser
from recommender.errors import SourceError, Unavailable
from recommender.library.uploads import delete_uploads
from recommender.listeners.store import FORGOTTEN_AFTER_DAYS, id_of, new_token
from recommender.mood import feeling_at
from recommender.taste import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from recommender.listeners.store import Listeners
    from recommender.taste import Listener
    from recommender.types import Mood


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


COOKIE = "moodring_listener"
# The format of `recommender.listeners.store.new_token`; any other value of the cookie is rejected.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_STATE, _KEPT = "listener-token", "listener-kept"
_KNOWN, _CHANGED = "listener-known", "listener-changed"
# Minimum interval of kept moods: the camera gives several a second.
MOODS_APART_S = 60
_MOOD_AT = "mood-kept-at"


def now() -> datetime:
    """Return the current UTC time (timezone-aware)."""
    return datetime.now(UTC)


def current() -> str:
    """Return the id of this browser's listener."""
    if _STATE not in st.session_state:
        value = st.context.cookies.get(COOKIE, "")
        try:
            ours = _TOKEN.fullmatch(value) is not None and _is_known(value)
        except SourceError:
            # Unverified until the database answers again; nothing is kept before that.
            return id_of(value)
        st.session_state[_STATE] = value if ours else new_token()
        st.session_state[_KEPT] = ours
    me, listeners = id_of(st.session_state[_STATE]), resources.listeners()
    if listeners is None or me not in (deleted := deleted_from(listeners.engine)):
        return me
    return _begin_anew(deleted.after(me, visitor_browser.key()))


def _is_known(token: str) -> bool:
    listeners = resources.listeners()
    if listeners is None:
        raise Unavailable("")
    return listeners.has(id_of(token))


def _begin_anew(token: str) -> str:
    """Switch to another listener, whose cookie another tab may write; return the id."""
    st.session_state[_STATE] = token
    for key in (_KEPT, _KNOWN, _MOOD_AT):
        st.session_state.pop(key, None)
    return id_of(token)


def keep_cookie() -> None:
    """Set or delete the browser's cookie to match the listener. Call it at the end of a page."""
    if _STATE in st.session_state:
        # A listener deleted since this run began must not get the cookie back.
        current()
    if _KEPT in st.session_state:
        kept = st.session_state[_KEPT]
        value = st.session_state[_STATE] if kept else ""
        visitor_browser.write(COOKIE, value, max_age_s=FORGOTTEN_AFTER_DAYS * 24 * 60 * 60)


def known(*, anew: bool = False) -> Listener:
    """Return this listener's data; `NOBODY` when the database cannot be used.

    Parameters
    ----------
    anew : bool, read the database even if this tab has changed nothing
    """
    # First, because it drops the cached data of a deleted listener.
    me = current()
    before: Listener = st.session_state.get(_KNOWN, NOBODY)
    if _KNOWN in st.session_state and not anew and not st.session_state.get(_CHANGED):
        return before
    found = NOBODY
    listeners = resources.listeners()
    if listeners is not None:
        with suppress(SourceError):
            found = listeners.known(me, now(), before)
            if found is NOBODY and before is not NOBODY:
                # Deleted by another process.
                _begin_anew(new_token())
    # A broken database is asked again with the next songs, not at each poll of the camera.
    st.session_state[_KNOWN] = found
    st.session_state[_CHANGED] = False
    return found


def note(
    change: Callable[[Listeners, str], None], *, sorry: str = "", read_again: bool = True
) -> bool:
    """Change this listener's data, and return whether that succeeded.

    Parameters
    ----------
    change : callable, called with the store of listeners and this listener's id
    sorry : str, sentence to show on failure
    read_again : bool, whether `known` must read again; shown songs are read with each search anyway
    """
    listeners = resources.listeners()
    try:
        if listeners is None:
            raise Unavailable(sorry)
        me = current()
        if _STATE not in st.session_state:
            raise Unavailable(sorry)
        change(listeners, me)
        stay_deleted(me)
    except SourceError:
        if sorry:
            st.toast(sorry, icon=":material/database_off:")
        return False
    st.session_state[_KEPT] = True
    if read_again:
        st.session_state[_CHANGED] = True
    return True


def note_mood(mood: Mood) -> None:
    """Keep a mood if the listener keeps a history, at most one per `MOODS_APART_S`."""
    if not known().keeps_history:
        return
    last: datetime | None = st.session_state.get(_MOOD_AT)
    if last is None or (now() - last).total_seconds() >= MOODS_APART_S:
        st.session_state[_MOOD_AT] = now()
        note(lambda all_, me: all_.note_mood(me, mood, feeling_at(mood), now()), read_again=False)


def stay_deleted(me: str) -> None:
    """Delete again a listener's data written while another tab deleted everything."""
    listeners = resources.listeners()
    if listeners is not None and me in deleted_from(listeners.engine):
        _delete(listeners, me)


def _delete(listeners: Listeners, me: str) -> None:
    # Files first: while they exist, the listener must exist.
    delete_uploads(resources.settings().data_dir, me)
    listeners.delete_everything(me)


def forget() -> bool:
    """Delete all data of this listener, switch to a new listener, and return whether it worked."""
    me, listeners = current(), resources.listeners()
    if listeners is None or not note(_delete):
        return False
    _begin_anew(deleted_from(listeners.engine).add(me, visitor_browser.key()))
    # Deletes the old cookie.
    st.session_state[_KEPT] = False
    # Deletes data that another tab wrote meanwhile; from now on each tab does so itself.
    with suppress(SourceError):
        stay_deleted(me)
    return True
