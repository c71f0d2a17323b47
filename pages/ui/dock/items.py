"""Songs as the player in the browser takes them, each with the best way to play it.

Best first: the visitor's own file, a song of a music server, Spotify's player for a song of
Spotify, the exact video where it is known, a preview where Deezer is switched on. A song with none
of these leads to a place elsewhere, and nothing here calls that playing.
"""

from typing import Any

from pages.ui.covers import recording as covers
from pages.ui.library import servers
from pages.ui.tiles import art, deezer, elsewhere, videos
from pages.ui.web import sounds
from recommender.library.recordings import Recording
from recommender.library.tags import UNKNOWN_ARTIST
from recommender.text import visible
from recommender.types import SourceName, Tile, spotify_link, spotify_track_id, youtube_embed
from recommender.wording import tr

# An item: {id, kind, title, artists, cover, src, open, seconds, valence, energy, language, from}.
# The kind is "" where nothing plays.
Item = dict[str, Any]
FILE, SERVER, SPOTIFY, YOUTUBE, PREVIEW = "file", "server", "spotify", "youtube", "preview"


def of_tile(tile: Tile) -> Item:
    """Return a tile's song."""
    track = tile.track
    kind, src, whose = _best(tile)
    found = art.recording_of(track)
    return {
        "id": track.source_id,
        "kind": kind,
        "title": visible(track.title),
        "artists": visible(", ".join(track.artists)),
        "cover": art.cover_of(track, covers.SMALL),
        "src": src,
        "open": "" if art.is_own(tile) else elsewhere.link_of(tile)[0],
        "seconds": None if found is None else found.seconds,
        "valence": track.valence,
        "energy": track.energy,
        "language": track.language,
        "from": whose,
    }


def of_recording(recording: Recording) -> Item:
    """Return a song of the library; its kind is "" where browsers cannot play its file."""
    address = sounds.address_of(recording)
    artist = "" if recording.artist == UNKNOWN_ARTIST else recording.artist
    return {
        "id": recording.key,
        "kind": FILE if address else "",
        "title": visible(recording.title),
        "artists": visible(artist),
        "cover": covers.cover_of(recording),
        "src": address,
        "open": "",
        "seconds": recording.seconds,
        "valence": recording.valence,
        "energy": recording.energy,
        "language": None,
        "from": tr("From your library"),
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
    if art.is_own(tile):
        found = art.recording_of(track)
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
