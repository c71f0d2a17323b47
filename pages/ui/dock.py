"""The component that gives a page's songs and words to the player in the browser.

The player itself is no part of a page: it is a module of the first page, plays on while pages come
and go, and draws its dock beside them (`pages/ui/js/player`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import streamlit as st

from pages.ui.js import script
from recommender.wording import tr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.types import Mood

# Keys of the component: for the words on every page, a page's songs, and the DJ's.
WORDS, KEY, NEXT = "dock-words", "dock-songs", "dock-next-song"
# An item: {id, kind, title, artists, cover, src, open, seconds, valence, energy, language, from}.
# The kind is "" where nothing plays.
Item: TypeAlias = dict[str, Any]
FILE, SERVER, SPOTIFY, YOUTUBE, PREVIEW = "file", "server", "spotify", "youtube", "preview"
_dock = st.components.v2.component("moodring_dock", js=script("dock"))


def show_words() -> None:
    """Give the player the words of the visitor's language; every page calls it."""
    _dock(key=WORDS, data={"words": words()})


def show_songs(
    songs: Sequence[Item],
    *,
    presses: Mapping[str, str] | None = None,
    mood: Mood | None = None,
    on_device: bool = False,
) -> None:
    """Give the player the songs that a page shows, in their order.

    Parameters
    ----------
    presses : mapping of a button's key to the id of the song that a press on it plays
    mood : Mood or None, the mood that the songs are for
    on_device : bool, whether the visitor's own device plays: DJ mode is offered while the dock is
        closed, too
    """
    settings = {
        "mood": mood and {"valence": mood.valence, "energy": mood.energy},
        "device": on_device,
    }
    given = {
        "items": list(songs),
        "presses": dict(presses or {}),
        "settings": settings,
        "dj": dj_plays(),
    }
    _dock(key=KEY, data=given, on_dj_change=lambda: None)


def dj_plays() -> str | None:
    """Return the id of the song that plays while the DJ is on; None while it is off."""
    told = (st.session_state.get(KEY) or {}).get("dj")
    return told if isinstance(told, str) else None


def show_next(song: Item | None) -> None:
    """Give the player the song that the DJ puts next; a song with an older ``turn`` is old news."""
    _dock(key=NEXT, data={"next": song})


def words() -> dict[str, str]:
    """Return the words of the dock."""
    return {
        "player": tr("Player"),
        "play": tr("Play"),
        "pause": tr("Pause"),
        "previous": tr("The song before"),
        "next": tr("The next song"),
        "seek": tr("Position in the song"),
        "volume": tr("Volume"),
        "fade": tr("Cross-fade"),
        "shuffle": tr("Shuffle"),
        "sleep": tr("Sleep timer"),
        "off": tr("off"),
        "dj": tr("DJ mode"),
        "mood_sound": tr("Mood sound"),
        "more": tr("Sound settings"),
        "close": tr("Close player"),
        "playing": tr("Playing"),
        "paused": tr("Paused"),
        "failed": tr("This song cannot be played just now."),
        "made_here": tr("Made in your browser, from your mood"),
        "preview": tr("Preview 30 s"),
        "preview_from": tr("30 seconds from Deezer"),
    }
