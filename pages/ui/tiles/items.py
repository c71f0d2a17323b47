"""Tiles as the player in the browser takes them, each with its cover and the best way to play it.

Best first: the visitor's own file, a song of a music server, Spotify's player for a song of
Spotify, the exact video where it is known, a preview where Deezer is switched on. A song with none
of these leads to a place elsewhere, and nothing here calls that playing.
"""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from pages.ui.covers import generated, recording
from pages.ui.dock import FILE, PREVIEW, SERVER, SPOTIFY, YOUTUBE, Item
from pages.ui.library import access, servers
from pages.ui.tiles import deezer, elsewhere, playing, videos
from pages.ui.web import sounds
from recommender.errors import SourceError
from recommender.library.recordings import Recording
from recommender.text import visible
from recommender.types import SourceName, Tile, Track, spotify_link, spotify_track_id, youtube_embed
from recommender.wording import tr

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
        return access.current(track.source_id)
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


def of_tile(tile: Tile) -> Item:
    """Return a tile's song."""
    track = tile.track
    kind, src, whose = _best(tile)
    found = recording_of(track)
    return {
        "id": track.source_id,
        "kind": kind,
        "title": visible(track.title),
        "artists": visible(", ".join(track.artists)),
        "cover": cover_of(track, recording.SMALL),
        "src": src,
        "open": "" if is_own(tile) else elsewhere.link_of(tile)[0],
        "seconds": None if found is None else found.seconds,
        "valence": track.valence,
        "energy": track.energy,
        "language": track.language,
        "from": whose,
    }


def does(tile: Tile, item: Item) -> str:
    """Return what a press on a tile does, as its label says it."""
    if not item["kind"]:
        return elsewhere.link_of(tile)[1] if item["open"] else ""
    return tr("Preview 30 s") if item["kind"] == PREVIEW else tr("Play")


def label(tile: Tile, item: Item) -> str:
    """Return what a press on a tile does, with the song's name, for who does not see it."""
    artists = ", ".join(tile.track.artists)
    if item["kind"] and item["kind"] != PREVIEW:
        return f"{tr('Play {title}', title=tile.track.title)}, {artists}"
    said = does(tile, item)
    name = f"{tile.track.title}, {artists}"
    return f"{said}: {name}" if said else name


def _best(tile: Tile) -> tuple[str, str, str]:
    """Return kind and address of the best sound of a tile, and from whom it is in words."""
    track = tile.track
    if is_own(tile):
        found = recording_of(track)
        address = "" if found is None else sounds.address_of(found)
        return (FILE if address else ""), address, tr("From your library")
    if track.source is SourceName.SERVER:
        address = servers.address_of(track.source_id)
        return (SERVER if address else ""), address, tr("From the music server")
    embedded = spotify_link("embed/track", spotify_track_id(tile.open_url))
    if embedded is not None:
        return SPOTIFY, embedded, tr("From {place}", place="Spotify")
    video = youtube_embed(videos.known(track))
    if video is not None:
        return YOUTUBE, video, tr("From {place}", place="YouTube")
    preview = deezer.preview_address(track) if track.source is SourceName.CATALOGUE else None
    if preview is not None:
        return PREVIEW, preview, tr("30 seconds from Deezer")
    return "", "", ""
