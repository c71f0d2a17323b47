"""Music servers: the owner's for all visitors, and a visitor's own, in the session's memory only.

Playlists, stars and plays go back to a visitor's own server; to the owner's only from who may use
the owner's folders, because they would land in the owner's account.
"""

from __future__ import annotations

import threading
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import resources
from pages.ui.covers.generated import cover_data_uri
from pages.ui.dock import SERVER, Item
from pages.ui.library import access
from pages.ui.plain import plain
from pages.ui.visitor import consent
from pages.ui.web import server_sounds
from recommender.errors import SourceError
from recommender.text import visible
from recommender.types import SourceName
from recommender.wording import tr, tr_count

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from recommender.subsonic.client import SubsonicClient
    from recommender.subsonic.server import MusicServer
    from recommender.subsonic.songs import ServerSong
    from recommender.types import MusicSource, Track

# The session's keys: the visitor's own server, and what went wrong with it.
_OWN, _SAID = "subsonic-own", "subsonic-said"
LOOK_S = 3.0
# Servers of visitors at a time, in one process: the songs of each lie in memory.
MAX_SERVERS = 16
MAX_FIELD = 300
_all: weakref.WeakSet[Visit] = weakref.WeakSet()


class Visit:
    """A visitor's own server, until it is disconnected or the session ends."""

    def __init__(self, server: MusicServer) -> None:
        self.server = server
        # Streamlit drops a session's values when it ends.
        self.end = weakref.finalize(self, server.stop)
        _all.add(self)


def own() -> MusicServer | None:
    """Return this visitor's own server; None without one."""
    visit: Visit | None = st.session_state.get(_OWN)
    return None if visit is None else visit.server


def sources() -> list[MusicSource]:
    """Return the music servers whose songs this visitor may hear, the own one first."""
    return [one.source for one in _servers()]


def song(key: str) -> tuple[SubsonicClient, ServerSong] | None:
    """Return a song by its track's id, and the server that has it; None when there is none."""
    return _find(key, _servers())


def address_of(key: str) -> str:
    """Return where the browser hears a song, by its track's id; "" when there is none."""
    for one in _servers():
        found = one.shelf.song(key)
        if found is not None:
            return server_sounds.address_of(one, found)
    return ""


def placed() -> list[Track]:
    """Return the songs whose place in the plane is known, the own server's first."""
    return [song.track_at(point) for one in _servers() for song, point in one.shelf.placed()]


def item_of(track: Track) -> Item:
    """Return a song as the player takes it; its kind is "" when no server has it any more."""
    address = address_of(track.source_id)
    return {
        "id": track.source_id,
        "kind": SERVER if address else "",
        "title": visible(track.title),
        "artists": visible(", ".join(track.artists)),
        "cover": cover_data_uri(track),
        "src": address,
        "open": "",
        "seconds": None,
        "valence": track.valence,
        "energy": track.energy,
        "language": track.language,
        "from": tr("From the music server"),
    }


def takes_plays() -> bool:
    """Return whether a server is told which of its songs this visitor has played."""
    return bool(_writable())


def _servers() -> list[MusicServer]:
    return [one for one in (own(), resources.music_server()) if one is not None]


def _writable() -> list[MusicServer]:
    """Return the servers whose playlists, stars and plays are this visitor's."""
    mine = own()
    shared = resources.music_server() if access.may_use_folders() else None
    return [one for one in (mine, shared) if one is not None]


def _find(key: str, servers: Sequence[MusicServer]) -> tuple[SubsonicClient, ServerSong] | None:
    for one in servers:
        found = one.shelf.song(key)
        if found is not None:
            return one.shelf.client, found
    return None


def star(track: Track, *, on: bool) -> None:
    """Tell the server, in the background, that a song is a favourite, or no longer."""
    _tell(track, lambda client, song_id: client.star(song_id, on=on))


def scrobble(track: Track, at_ms: int) -> None:
    """Tell the server, in the background, that a song was played.

    Parameters
    ----------
    at_ms : int, when it began, in milliseconds since 1970
    """
    _tell(track, lambda client, song_id: client.scrobble(song_id, at_ms))


def _tell(track: Track, say: Callable[[SubsonicClient, str], None]) -> None:
    found = None
    if track.source is SourceName.SERVER:
        found = _find(track.source_id, _writable())
    if found is None:
        return
    client, one = found

    def work() -> None:
        # Nobody waits for it, and the next song has another chance.
        with suppress(SourceError):
            say(client, one.id)

    threading.Thread(target=work, name="music-server-told", daemon=True).start()


def show_save(name: str, tracks: Sequence[Track]) -> None:
    """Draw the button that makes a playlist of the songs that are on one server; else nothing."""
    asked = [track.source_id for track in tracks if track.source is SourceName.SERVER]
    for place, server in enumerate(_writable()):
        songs = [one.id for key in asked if (one := server.shelf.song(key)) is not None]
        label = tr("Playlist on the music server")
        icon = ":material/dns:"
        if songs and st.button(label, key=f"subsonic-save-{place}", icon=icon, width="stretch"):
            try:
                server.shelf.client.create_playlist(name, songs)
            except SourceError as error:
                st.error(plain(error), icon=":material/error:")
            else:
                st.toast(tr("The playlist is on the music server."), icon=":material/check_circle:")


def show() -> None:
    """Draw the panel of music servers."""
    with st.container(border=True, gap="small", key="subsonic"):
        st.markdown(f"## {tr('Music server')}")
        shared = resources.music_server()
        if shared is not None:
            _show_state(shared, tr("For everybody here"))
        mine = own()
        if mine is None:
            _show_form()
        else:
            _show_state(mine, mine.shelf.client.address.host)
            st.button(
                tr("Disconnect"), key="subsonic-disconnect", type="tertiary", on_click=_disconnect
            )


def _show_form() -> None:
    st.caption(
        tr(
            "Your own server that speaks OpenSubsonic, such as Navidrome. Moodring's computer "
            "signs in there, lists the songs, and listens to those without a mood. Address and "
            "sign-in stay in memory until you disconnect or leave, and are never stored."
        )
    )
    consent.say_moved()
    with st.form("subsonic-form", border=False):
        address = st.text_input(
            tr("Address"),
            key="subsonic-address",
            placeholder="https://music.example.org",
            max_chars=MAX_FIELD,
        )
        left, right = st.columns(2)
        with left:
            user = st.text_input(tr("Name"), key="subsonic-user", max_chars=MAX_FIELD)
        with right:
            word = st.text_input(
                tr("Password or key"), key="subsonic-word", type="password", max_chars=MAX_FIELD
            )
        icon = ":material/dns:"
        pressed = st.form_submit_button(tr("Connect"), icon=icon, type="primary")
    if pressed and address.strip() and word:
        with st.spinner(tr("Looking for songs …")):
            _connect(address, user.strip(), word)
        st.rerun()
    # It stays until the next press: a run that draws it may be cut short by another.
    said: SourceError | None = st.session_state.get(_SAID)
    if said is not None:
        st.error(plain(said), icon=":material/error:")


def _connect(typed: str, user: str, word: str) -> None:
    from recommender.subsonic.client import Login
    from recommender.subsonic.heard import HeardInMemory
    from recommender.subsonic.hearing import VISITORS, one_by_one
    from recommender.subsonic.server import connected
    from recommender.web.addresses import visitors_address

    st.session_state.pop(_SAID, None)
    if len(_all) >= MAX_SERVERS:
        st.session_state[_SAID] = SourceError("server-full-house")
        return
    # Without a name, the word is a key.
    login = Login(user, word) if user else Login(key=word)
    try:
        address = visitors_address(typed)
        hearing = one_by_one(resources.upload_tagger().tag_file)
        data_dir = resources.settings().data_dir
        server = connected(address, login, HeardInMemory(), hearing, VISITORS, data_dir)
        server.shelf.client.check()
    except SourceError as error:
        st.session_state[_SAID] = error
        return
    server.start()
    st.session_state[_OWN] = Visit(server)


def _disconnect() -> None:
    visit: Visit | None = st.session_state.pop(_OWN, None)
    if visit is not None:
        _all.discard(visit)
        visit.end()


@st.fragment(run_every=LOOK_S)
def _show_state(server: MusicServer, name: str) -> None:
    status = server.status()
    songs = tr_count("{number} song", "{number} songs", status.songs)
    placed = tr("{count} with a mood", count=f"{status.placed:,}")
    st.text(f"{name}  ·  {songs}  ·  {placed}")
    if status.to_hear:
        said = tr(
            "Listened to {done} of {total} files",
            done=f"{status.heard:,}",
            total=f"{status.to_hear:,}",
        )
        st.progress(min(1.0, status.heard / status.to_hear), said)
    elif status.problem is not None:
        st.caption(plain(status.problem))
