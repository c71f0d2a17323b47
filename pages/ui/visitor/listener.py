"""The listener: a random word in this browser's cookie, and what is kept under it.

The cookie is written when the first song is shown, for that is the first thing to remember. Only a
word that the database knows is taken from it: anybody can write a cookie. A listener who was
deleted stays so in every tab.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Concatenate, ParamSpec
from weakref import WeakKeyDictionary

import streamlit as st
from sqlalchemy import Engine

from detectors.corrections import Answer
from pages.ui import resources
from pages.ui.visitor import browser
from recommender.errors import SourceError, Unavailable
from recommender.library.uploads import delete_uploads
from recommender.listeners.store import FORGOTTEN_AFTER_DAYS, Listeners, id_of, new_token
from recommender.mood import feeling_at
from recommender.taste import NOBODY, Listener, Verdict
from recommender.types import Mood, Track

P = ParamSpec("P")
# Upper bound in memory: for an older id, a tab learns of the deletion from the database.
MAX_DELETED = 4_096
COOKIE = "moodring_listener"
# The format of `recommender.listeners.store.new_token`; any other value of the cookie is rejected.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_STATE, _KEPT = "listener-token", "listener-kept"
_KNOWN, _CHANGED = "listener-known", "listener-changed"
# Minimum interval of kept moods: the camera gives several a second.
MOODS_APART_S = 60
_MOOD_AT = "mood-kept-at"
# Corrections of a browser without cookies, which this session alone remembers.
_OWN = "own-corrections"


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
    return _begin_anew(deleted.after(me, browser.key()))


def id_by(cookies: Mapping[str, str]) -> str | None:
    """Return the id that cookies name, where no page runs; None without one.

    Only a listener that the database knows has anything there.
    """
    value = cookies.get(COOKIE, "")
    return id_of(value) if _TOKEN.fullmatch(value) else None


def _is_known(token: str) -> bool:
    listeners = resources.listeners()
    if listeners is None:
        raise Unavailable("database-unusable")
    return listeners.has(id_of(token))


def _begin_anew(token: str) -> str:
    """Switch to another listener, whose cookie another tab may write; return the id."""
    st.session_state[_STATE] = token
    for key in (_KEPT, _KNOWN, _MOOD_AT, _OWN):
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
        browser.write(COOKIE, value, max_age_s=FORGOTTEN_AFTER_DAYS * 24 * 60 * 60)


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


def corrections() -> Mapping[Answer, int]:
    """Return how often this visitor gave each answer on a reading."""
    own: Counter[Answer] = st.session_state.get(_OWN, Counter())
    return own + Counter(known().corrections)


class CurrentListener:
    """The listener of this browser, to be changed: bound to the store, the id and the clock.

    Each method returns whether the change is kept; it is not when the database cannot be used.

    Parameters
    ----------
    store : Listeners or None, None without a usable database
    """

    def __init__(self, store: Listeners | None, id_: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._id = id_
        self._clock = clock

    def judge(self, track: Track, verdict: Verdict | None) -> bool:
        """Keep an opinion on a song; None deletes it."""
        return self._change(Listeners.judge, track, verdict, self._clock())

    def take_back(self, track_id: str) -> bool:
        """Delete the opinion on a song that may no longer exist."""
        return self._change(Listeners.take_back, track_id)

    def ban_artist(self, track: Track) -> bool:
        """Ban a song's first artist."""
        return self._change(Listeners.ban_artist, track, self._clock())

    def allow_artist(self, name: str) -> bool:
        """Lift the ban of an artist."""
        return self._change(Listeners.allow_artist, name)

    def correct(self, answer: Answer, times: int = 1) -> bool:
        """Count an answer on a reading; less than 0 times to take it back."""
        if browser.key():
            return self._change(Listeners.correct, answer, times, self._clock())
        own: Counter[Answer] = st.session_state.setdefault(_OWN, Counter())
        own[answer] += times
        return True

    def keep_history(self, *, keep: bool) -> bool:
        """Turn the history on, or turn it off and delete it."""
        return self._change(Listeners.keep_history, self._clock(), keep=keep)

    def forget_taste(self) -> bool:
        """Delete likes, skips and bans."""
        return self._change(Listeners.forget_taste)

    def forget_spotify(self) -> bool:
        """Delete the opinions on Spotify's songs."""
        return self._change(Listeners.forget_spotify)

    def note_shown(self, tracks: Iterable[Track]) -> bool:
        """Note that songs are shown as tiles; they are read with each search anyway."""
        return self._note(Listeners.note_shown, tracks, self._clock())

    def note_opened(self, track_id: str) -> bool:
        """Count a click on a song if the listener keeps a history."""
        return self._note(Listeners.note_opened, track_id, self._clock())

    def note_mood(self, mood: Mood, *, pressed: bool = False) -> None:
        """Keep a mood if the listener keeps a history; the camera's, once per `MOODS_APART_S`.

        Parameters
        ----------
        pressed : bool, whether the listener asked for songs for it: such a mood always counts
        """
        if not known().keeps_history:
            return
        last: datetime | None = st.session_state.get(_MOOD_AT)
        now = self._clock()
        if pressed or last is None or (now - last).total_seconds() >= MOODS_APART_S:
            st.session_state[_MOOD_AT] = now
            self._note(Listeners.note_mood, mood, feeling_at(mood), now)

    def mood_due_s(self) -> float | None:
        """Return in how many seconds the camera's next mood is to be kept; None for never."""
        if not known().keeps_history:
            return None
        last: datetime | None = st.session_state.get(_MOOD_AT)
        passed = MOODS_APART_S if last is None else (self._clock() - last).total_seconds()
        return MOODS_APART_S - min(passed, MOODS_APART_S)

    def note_upload(self) -> bool:
        """Note that a file was kept, for which the cookie must be kept."""
        return self._note(Listeners.has)

    def forget(self) -> bool:
        """Delete all data, and switch to a new listener."""
        if self._store is None or not self._change(_delete):
            return False
        _begin_anew(deleted_from(self._store.engine).add(self._id, browser.key()))
        # Deletes the old cookie.
        st.session_state[_KEPT] = False
        # Deletes data that another tab wrote meanwhile; from now on each tab does so itself.
        with suppress(SourceError):
            stay_deleted(self._id)
        return True

    def _change(
        self,
        change: Callable[Concatenate[Listeners, str, P], object],
        *told: P.args,
        **named: P.kwargs,
    ) -> bool:
        """Change data that `known` has to read again."""
        done = self._note(change, *told, **named)
        if done:
            st.session_state[_CHANGED] = True
        return done

    def _note(
        self,
        change: Callable[Concatenate[Listeners, str, P], object],
        *told: P.args,
        **named: P.kwargs,
    ) -> bool:
        if self._store is None or _STATE not in st.session_state:
            return False
        try:
            change(self._store, self._id, *told, **named)
            stay_deleted(self._id)
        except SourceError:
            return False
        st.session_state[_KEPT] = True
        return True


def me() -> CurrentListener:
    """Return this browser's listener, to be changed."""
    return CurrentListener(resources.listeners(), current(), now)


def stay_deleted(me: str) -> None:
    """Delete again a listener's data written while another tab deleted everything."""
    listeners = resources.listeners()
    if listeners is not None and me in deleted_from(listeners.engine):
        _delete(listeners, me)


def _delete(listeners: Listeners, me: str) -> None:
    # Files first: while they exist, the listener must exist.
    delete_uploads(resources.settings().data_dir, me)
    listeners.delete_everything(me)
