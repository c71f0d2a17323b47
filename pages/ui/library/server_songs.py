"""Songs of music servers in the library: found by its search, played, and asked for their like.

They are songs of no file here: nothing is corrected, downloaded or removed.
"""

from collections.abc import Callable

import streamlit as st

from pages.ui.covers.generated import cover_data_uri
from pages.ui.dock import SERVER, Item
from pages.ui.library import servers
from pages.ui.library.plane import mood_word
from pages.ui.library.song import play_key, portrait
from recommender.text import visible
from recommender.types import Track
from recommender.wording import tr


def item_of(track: Track) -> Item:
    """Return a song as the player takes it; its kind is "" when no server has it any more."""
    address = servers.address_of(track.source_id)
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


def show(track: Track, close: Callable[[], None], show_similar: Callable[[], None]) -> None:
    """Draw a song with its actions.

    Parameters
    ----------
    close : callable, called when the song is closed
    show_similar : callable, draws what leads to songs like it
    """
    about = (track.album, str(track.year) if track.year else None, track.genre)
    with st.container(border=True, key="library-song"):
        left, right = st.columns([1, 1.15], gap="medium")
        with left:
            artists = ", ".join(track.artists)
            chips = [tr("From the music server")]
            st.html(portrait(cover_data_uri(track), track.title, artists, about, chips))
            with st.container(horizontal=True):
                st.button(
                    tr("Play"),
                    key=play_key(track.source_id),
                    icon=":material/play_arrow:",
                    type="primary",
                )
                st.button(tr("Close"), key="song-close", type="tertiary", on_click=close)
            show_similar()
        with right:
            st.markdown(f"## {tr('Sounds {mood}', mood=mood_word(track))}")
