"""The Library page: upload songs, see them in the plane, list, play, correct and download."""

from collections.abc import Sequence

import streamlit as st

from pages.ui import dock, resources, theme
from pages.ui import plane as mood_map
from pages.ui.covers import generated
from pages.ui.library import access, folders, plane, scrobbling, servers, song, song_list, uploads
from pages.ui.plain import in_html, plain
from recommender.errors import SourceError
from recommender.library.recordings import OWNER, Recording, Recordings
from recommender.library.similar import HeardSong, heard_recording, heard_track
from recommender.text import visible
from recommender.types import SourceName, Track
from recommender.wording import tr

# Session keys: the keys of the lassoed songs, and the key of the open song.
_CHOSEN, _OPEN = "library-chosen", "library-open"


def show() -> None:
    """Draw the page."""
    theme.hero(tr("Your own music, by mood."))
    recordings = resources.recordings()
    if recordings is None:
        st.error(
            tr("The database cannot be used, so there is no library."),
            icon=":material/database_off:",
        )
        return
    try:
        _show(recordings)
    except SourceError as error:
        st.error(plain(error), icon=":material/database_off:")


def _show(recordings: Recordings) -> None:
    _choose_dropped()
    may_use_folders = access.may_use_folders()
    uploads.show_problems()
    if may_use_folders:
        folders.show_problems(recordings.problems(OWNER))
    songs = recordings.of(access.scope())
    served = servers.placed()
    if songs or served:
        _show_songs(songs, served)
        left, right = st.columns(2, gap="medium") if may_use_folders else (st.container(), None)
        with left:
            _show_adding(tr("Add songs"))
    else:
        right = st.container()
        with st.container(key="empty-library"):
            _show_welcome(folders=may_use_folders)
            _show_adding()
    if may_use_folders and right is not None:
        with right:
            folders.show(recordings)
    servers.show()
    if songs:
        scrobbling.show()


def _show_adding(title: str = "") -> None:
    with st.container(border=True, gap="small", key="library-add"):
        if title:
            st.markdown(f"## {title}")
        uploads.show()


def _show_welcome(*, folders: bool) -> None:
    """Draw what will be here, out of focus, and how it gets here."""
    invented = [
        Track("·" * place, ("·",), SourceName.LIBRARY, f"{place}", valence=valence, energy=energy)
        for place, (valence, energy) in enumerate(mood_map.INVENTED, start=1)
    ]
    st.html(mood_map.still(map(generated.cover_data_uri, invented)))
    said = tr(
        "Moodring listens to each song, puts it on your mood map, and plays it when the mood fits."
    )
    more = tr("Or name a folder of this computer below.") if folders else ""
    st.html(
        f'<div class="mr-empty"><h2>{in_html(tr("Add your music"))}</h2>'
        f"<p>{in_html(f'{said} {more}')}</p></div>"
    )


def _show_songs(songs: Sequence[Recording], served: Sequence[Track]) -> None:
    """Draw the songs; those of music servers where they are asked for, or are the only ones."""
    words = st.text_input(
        tr("Search"),
        key="library-search",
        placeholder=tr("Search title, artist, album, genre or mood"),
        icon=":material/search:",
        label_visibility="collapsed",
    )
    found = song_list.search([*songs, *served], words)
    if not found:
        st.caption(tr("No song of yours fits these words."))
        return
    by_key = {song_list.key_of(one): one for one in found}
    mine = [one for one in found if isinstance(one, Recording)]
    listed = found if words or not songs else [*mine]
    # In their own order: the nearest first, or along a way.
    chosen = [by_key[key] for key in st.session_state.get(_CHOSEN, ()) if key in by_key]
    open_: str | None = st.session_state.get(_OPEN)
    left, right = st.columns([1.15, 1], gap="medium") if mine else (st.container(), st.container())
    if mine:
        with left, st.container(key="library-plane", gap=None):
            plane.show(mine, _choose, _open, open_)
    with right:
        meant = song_list.show(
            chosen or listed, chosen=bool(chosen), opened=open_, choose=_open, show_all=_show_all
        )
    opened = by_key.get(open_ or "")
    if opened is not None:
        _show_opened(opened, songs, served)
    _give_to_player(meant, opened)
    st.caption(
        tr(
            "Positions are a model's guess: energy is usually right, brightness less so. Select a "
            "song to correct it. To choose several, draw around them or tick them in the list."
        )
    )


def _show_opened(
    opened: song_list.Song, songs: Sequence[Recording], served: Sequence[Track]
) -> None:
    def heard() -> list[HeardSong]:
        known = [heard_track(one) for one in served]
        return [*map(heard_recording, songs), *(one for one in known if one is not None)]

    several: list[song_list.Song] = [*songs, *served]
    names = {song_list.key_of(one): _name(one) for one in several[: song_list.SHOWN]}

    def show_similar() -> None:
        song.show_similar(song_list.key_of(opened), names, heard, _choose_beside)

    if isinstance(opened, Track):
        song.show_served(opened, _close, show_similar)
    else:
        song.show(opened, _close, show_similar)


def _name(one: song_list.Song) -> str:
    return visible(" · ".join(filter(None, (one.title, song.artist_of(one)))))


def _give_to_player(meant: Sequence[song_list.Song], opened: song_list.Song | None) -> None:
    """Give the player the songs of the list, and what the buttons of this page play of them."""
    shown = list(meant[: song_list.SHOWN])
    if opened is not None and opened not in shown:
        shown.append(opened)
    items = (
        servers.item_of(one) if isinstance(one, Track) else access.item_of(one) for one in shown
    )
    queue = [item for item in items if item["kind"]]
    presses = {song.play_key(item["id"]): item["id"] for item in queue}
    if queue:
        presses[song_list.PLAY] = queue[0]["id"]
    dock.show_songs(queue, presses=presses)


def _choose_dropped() -> None:
    """Select the songs that were just uploaded."""
    keys = uploads.just_kept()
    if keys:
        _choose(keys)
        plane.forget_selection()


def _choose(keys: Sequence[str]) -> None:
    st.session_state[_CHOSEN] = tuple(keys)
    st.session_state[_OPEN] = keys[0] if len(keys) == 1 else None


def _choose_beside(keys: Sequence[str]) -> None:
    """Select songs, and leave open the one that they were chosen by."""
    st.session_state[_CHOSEN] = tuple(keys)
    plane.forget_selection()


def _show_all() -> None:
    st.session_state[_CHOSEN] = ()
    plane.forget_selection()


def _open(key: str) -> None:
    st.session_state[_OPEN] = key


def _close() -> None:
    st.session_state[_OPEN] = None
