"""Plays of own songs, told to their music server, and to ListenBrainz where there is a token.

The player goes on while pages come and go. A small watcher beside it counts what was really heard,
and hands it to whichever page is there.
"""

import time
from contextlib import suppress

import streamlit as st

from pages.ui import resources
from pages.ui.js import script
from pages.ui.library import access, servers
from pages.ui.plain import in_html, plain
from pages.ui.visitor import browser, consent
from recommender.errors import SourceError
from recommender.library.recordings import Recording
from recommender.library.tags import UNKNOWN_ARTIST
from recommender.listenbrainz.client import Listen, is_heard
from recommender.listenbrainz.outbox import Outbox
from recommender.wording import sentence, tr, tr_count

PANEL, KEY = "listenbrainz", "played-songs"
_SAID = "listenbrainz-said"
# A page may have been away for some time, and a browser's clock may be wrong.
MAX_AGE_S, MAX_AHEAD_S = 24 * 3600, 60
MAX_TOLD = 50
# A server is not told where in the plane its song lies.
_ANYWHERE = (0.0, 0.5)
_watcher = st.components.v2.component("moodring_played", js=script("played"))


def outbox() -> Outbox | None:
    """Return the plays of this browser that are on their way; None where it has no token."""
    return resources.listenbrainz().of(browser.key())


@st.fragment
def hear() -> None:
    """Take what the player has played, where somebody is told of it."""
    if outbox() is not None or servers.takes_plays():
        _watcher(key=KEY, on_played_change=_note)


def _note() -> None:
    # A trigger resets in the next run, which calls this again.
    note_played((st.session_state.get(KEY) or {}).get("played"))


def note_played(told: object) -> None:
    """Tell of the plays that count.

    Parameters
    ----------
    told : object, from the browser: a list of {id, listened_at, seconds}
    """
    if not isinstance(told, list):
        return
    ours = outbox()
    with suppress(SourceError):
        for one in told[:MAX_TOLD]:
            listen = _listen_of(one)
            if listen is None:
                continue
            if ours is not None:
                ours.add(listen)
            at_server = servers.song(one["id"])
            if at_server is not None:
                track = at_server[1].track_at(_ANYWHERE)
                servers.scrobble(track, listen.listened_at * 1000)


def _listen_of(told: object) -> Listen | None:
    """Return a play of a song that this visitor may hear, if enough of it was heard."""
    if not isinstance(told, dict):
        return None
    key, began, heard = (told.get(name) for name in ("id", "listened_at", "seconds"))
    if not isinstance(key, str) or type(began) is not int or not isinstance(heard, int | float):
        return None
    if not -MAX_AHEAD_S <= time.time() - began <= MAX_AGE_S:
        return None
    at_server = servers.song(key)
    song = access.current(key) if at_server is None else at_server[1]
    if song is None or not is_heard(heard, song.seconds):
        return None
    artist = song.artist if isinstance(song, Recording) else ", ".join(song.artists)
    if artist in {"", UNKNOWN_ARTIST}:
        return None
    return Listen(began, song.title, artist, song.album, song.seconds)


@st.fragment
def show() -> None:
    """Draw the panel: what ListenBrainz learns, the token, and what was handed in."""
    with st.expander("ListenBrainz", key=PANEL, icon=":material/send:"):
        st.caption(
            tr(
                "When half of a song of yours was heard, or four minutes, ListenBrainz learns its "
                "title, artist, album and length, and when you heard it. Your token stays in this "
                "server's memory and is forgotten when it ends."
            )
        )
        ours = outbox()
        if ours is None or ours.has_ended:
            _show_form(ours)
        else:
            _show_connected(ours)


def _show_form(ended: Outbox | None) -> None:
    # It stays until the next press: a run that draws it may be cut short by another.
    said: str | None = st.session_state.get(_SAID)
    if said is None and ended is not None and ended.problem is not None:
        said = sentence(ended.problem)
    if said:
        st.error(plain(said), icon=":material/key_off:")
    if ended is None:
        consent.say_moved()
    with st.form(f"{PANEL}-form", border=False):
        token = st.text_input(tr("Token of ListenBrainz"), key=f"{PANEL}-token", type="password")
        address = st.text_input(
            tr("Address"),
            key=f"{PANEL}-address",
            placeholder=resources.settings().listenbrainz_url or "https://api.listenbrainz.org",
        )
        pressed = st.form_submit_button(tr("Connect"), icon=":material/link:")
    if pressed:
        _connect(token, address)
        # The whole page, which draws the watcher.
        st.rerun()


def _connect(token: str, address: str) -> None:
    st.session_state.pop(_SAID, None)
    word = browser.key()
    if not word:
        st.session_state[_SAID] = tr("To connect ListenBrainz, allow cookies for this site.")
        return
    try:
        resources.listenbrainz().connect(word, token, address)
    except SourceError as error:
        st.session_state[_SAID] = sentence(error)


def _show_connected(ours: Outbox) -> None:
    name = tr("Connected as <bdi><b>{name}</b></bdi>", name=in_html(ours.user))
    handed = tr_count("{number} play handed in", "{number} plays handed in", ours.sent)
    st.html(f"<p>{name} · {in_html(handed)}</p>")
    if ours.problem is not None:
        st.warning(plain(sentence(ours.problem)), icon=":material/cloud_off:")
    if st.button(tr("Disconnect"), key=f"{PANEL}-off", icon=":material/link_off:"):
        disconnect()
        st.rerun()


def disconnect() -> None:
    """Forget this browser's token, and the plays that were not handed in."""
    resources.listenbrainz().forget(browser.key())
