"""Who listens: a random word in this browser's cookie, and what is kept under it.

The cookie is written when the first song is shown, for that is the first thing to remember. Only a
word that the database knows is taken from it: anybody can write a cookie. Who was deleted stays so
in every tab.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import browser, cookies, wiring
from pages.ui.deleted import deleted_from
from recommender.errors import SourceError, Unavailable
from recommender.library.dropped import delete_dropped
from recommender.listeners import FORGOTTEN_AFTER_DAYS, NOBODY, id_of, new_token
from recommender.mood import feeling_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.listeners import Listener, Listeners
    from recommender.types import Mood

COOKIE = "moodring_listener"
# As `recommender.listeners.new_token` makes them; anything else in the cookie is not ours.
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_STATE, _KEPT = "listener-token", "listener-kept"
_KNOWN, _CHANGED = "listener-known", "listener-changed"
# The camera shows a mood several times a second; a history needs none of it twice.
MOODS_APART_S = 60
_MOOD_AT = "mood-kept-at"


def now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


def current() -> str:
    """Return the id of this browser's listener."""
    if _STATE not in st.session_state:
        value = st.context.cookies.get(COOKIE, "")
        try:
            ours = _TOKEN.fullmatch(value) is not None and _is_known(value)
        except SourceError:
            # Whose it is shows when the database answers again; until then nothing is kept.
            return id_of(value)
        st.session_state[_STATE] = value if ours else new_token()
        st.session_state[_KEPT] = ours
    me, listeners = id_of(st.session_state[_STATE]), wiring.listeners()
    if listeners is None or me not in (deleted := deleted_from(listeners.engine)):
        return me
    return _begin_anew(deleted.after(me, browser.key()))


def _is_known(token: str) -> bool:
    listeners = wiring.listeners()
    if listeners is None:
        raise Unavailable("")
    return listeners.has(id_of(token))


def _begin_anew(token: str) -> str:
    """Go on as another listener, whose cookie may be another tab's to write; return the id."""
    st.session_state[_STATE] = token
    for key in (_KEPT, _KNOWN, _MOOD_AT):
        st.session_state.pop(key, None)
    return id_of(token)


def keep_cookie() -> None:
    """Bring the browser's cookie in step with who listens; the last thing on a page."""
    if _STATE in st.session_state:
        # Who was deleted since this run began gets no cookie again.
        current()
    if _KEPT in st.session_state:
        kept = st.session_state[_KEPT]
        value = st.session_state[_STATE] if kept else ""
        cookies.write(COOKIE, value, max_age_s=FORGOTTEN_AFTER_DAYS * 24 * 60 * 60)


def known(*, anew: bool = False) -> Listener:
    """Return what is known of this listener; `NOBODY` where the database cannot be used.

    anew : whether to look again, though nothing was changed from this tab
    """
    # First of all: what was known of a deleted listener goes with them.
    me = current()
    before: Listener = st.session_state.get(_KNOWN, NOBODY)
    if _KNOWN in st.session_state and not anew and not st.session_state.get(_CHANGED):
        return before
    found = NOBODY
    listeners = wiring.listeners()
    if listeners is not None:
        with suppress(SourceError):
            found = listeners.known(me, now(), before)
            if found is NOBODY and before is not NOBODY:
                # Deleted elsewhere, by another process.
                _begin_anew(new_token())
    # A broken database is asked again with the next songs, not at each look at the camera.
    st.session_state[_KNOWN] = found
    st.session_state[_CHANGED] = False
    return found


def note(
    change: Callable[[Listeners, str], None], *, sorry: str = "", read_again: bool = True
) -> bool:
    """Change what is kept of this listener, and return whether that could be done.

    change : called with the listeners and this one's id
    sorry : what to say when it could not
    read_again : whether it changes what `known` returns, but for the songs heard, which are read
        with each search anyway
    """
    listeners = wiring.listeners()
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
    """Keep a mood if the listener wants a history, but not more than one in `MOODS_APART_S`."""
    if not known().keeps_history:
        return
    last: datetime | None = st.session_state.get(_MOOD_AT)
    if last is None or (now() - last).total_seconds() >= MOODS_APART_S:
        st.session_state[_MOOD_AT] = now()
        note(lambda all_, me: all_.note_mood(me, mood, feeling_at(mood), now()), read_again=False)


def stay_deleted(me: str) -> None:
    """Delete once more what was kept of a listener while another tab deleted everything."""
    listeners = wiring.listeners()
    if listeners is not None and me in deleted_from(listeners.engine):
        _delete(listeners, me)


def _delete(listeners: Listeners, me: str) -> None:
    # The files first: as long as they are there, the listener must be known.
    delete_dropped(wiring.settings().data_dir, me)
    listeners.delete_everything(me)


def forget() -> bool:
    """Delete everything that is kept of this listener, and begin as another one."""
    me, listeners = current(), wiring.listeners()
    if listeners is None or not note(_delete):
        return False
    _begin_anew(deleted_from(listeners.engine).add(me, browser.key()))
    # The old cookie goes.
    st.session_state[_KEPT] = False
    # What another tab has kept in between goes, too; from now on each tab sees to that itself.
    with suppress(SourceError):
        stay_deleted(me)
    return True
