"""The covers of tiles, and whose songs they are."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.ui.covers import generated, recording
from pages.ui.library import player
from pages.ui.tiles import playing
from recommender.errors import SourceError
from recommender.library.recordings import Recording
from recommender.types import SourceName, Tile, Track

# Session key of the motif of each song's cover.
_MOTIFS = "motifs"


def is_own(tile: Tile) -> bool:
    """Return whether a tile is a song of the visitor's library."""
    return tile.track.source is SourceName.LIBRARY


def choose_motifs(tiles: Sequence[Tile]) -> None:
    """Give the tiles' covers different motifs, and let those that are shown already keep theirs."""
    drawn: dict[str, int] = st.session_state.get(_MOTIFS, {})
    tracks = [tile.track for tile in tiles]
    st.session_state[_MOTIFS] = generated.different_motifs(tracks, drawn)


def recording_of(track: Track) -> Recording | None:
    """Return the recording of an own song; None for other songs, and when it cannot be read."""
    if track.source is not SourceName.LIBRARY:
        return None
    try:
        return player.current(track.source_id)
    except SourceError:
        return None


def cover_of(track: Track, side: int = recording.LARGE) -> str:
    """Return the address of a track's cover, which is the picture in the file if there is any."""
    found = recording_of(track)
    if found is not None:
        return recording.cover_of(found, side)
    motif: int | None = st.session_state.get(_MOTIFS, {}).get(track.source_id)
    return track.art_url or generated.cover_data_uri(placed(track), motif)


def placed(track: Track) -> Track:
    """Return a track for its cover's colours: of the mood asked for, where its own is unknown."""
    now = playing.playing()
    if now is None or track.valence is not None:
        return track
    target = now.query.target
    return replace(track, valence=target.valence, energy=target.energy)
