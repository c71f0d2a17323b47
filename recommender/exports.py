"""Songs as files that other programs read: extended M3U, CSV, and JSPF. Pure and deterministic.

Titles and names come from outside. None of them may begin a line, a formula or a link of its own.
"""

from __future__ import annotations

import csv
import io
import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from recommender.formulas import guarded
from recommender.names import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from recommender.types import Tile, Track

M3U8_TYPE, CSV_TYPE, JSPF_TYPE = "audio/mpegurl", "text/csv", "application/jspf+json"
# As `recommender.ingest.song_tables` knows them; only the link is for people.
COLUMNS = (
    "title", "artists", "album", "language", "year", "genre", "valence", "energy", "tempo",
    "explicit", "spotify_id", "link",
)  # fmt: skip
# Where nothing visible is left of a title or a name.
NAMELESS = "–"

# Readers part the artist from the title at the first such dash; blanks are single by then.
_DASH = re.compile(r" ([-–—]) ")
_SPOTIFY_TRACK = re.compile(r"https://open\.spotify\.com/track/([0-9A-Za-z]{22})")


def file_name(feeling: str, day: date, ending: str) -> str:
    """Return what a file of songs is called."""
    word = re.sub("[^a-z]+", "-", feeling.casefold()).strip("-")
    return f"moodring-{word or 'songs'}-{day.isoformat()}.{ending}"


def as_m3u8(tiles: Sequence[Tile], name: str) -> bytes:
    """Return the songs as an extended M3U playlist in UTF-8.

    name : of the playlist
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for tile in tiles:
        artists = _DASH.sub(r"\1", _artists(tile.track))
        lines += [f"#EXTINF:-1,{artists} - {_line(tile.track.title)}", _address(tile.open_url)]
    return "".join(f"{line}\n" for line in lines).encode()


def files_as_m3u8(files: Sequence[tuple[Track, str, float | None]], name: str) -> bytes:
    """Return audio files as an extended M3U playlist in UTF-8.

    files : what each is, its path or its name beside the playlist, and its length in seconds
    name : of the playlist
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for track, location, seconds in files:
        artists = _DASH.sub(r"\1", _artists(track))
        length = -1 if seconds is None else round(seconds)
        # Players take a line that begins with the sign for a remark.
        path = _line(location)
        path = f"./{path}" if path.startswith("#") else path
        lines += [f"#EXTINF:{length},{artists} - {_line(track.title)}", path]
    return "".join(f"{line}\n" for line in lines).encode()


def as_csv(tiles: Sequence[Tile]) -> bytes:
    """Return the songs as a table that spreadsheets open and that Moodring can import again."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for tile in tiles:
        table.writerow([_cell(value) for value in _row(tile)])
    # Without the mark at the beginning, Excel takes the letters for those of its own country.
    return text.getvalue().encode("utf-8-sig")


def as_jspf(tiles: Sequence[Tile], name: str) -> bytes:
    """Return the songs as a playlist in JSPF, see https://xspf.org/jspf.

    name : of the playlist
    """
    tracks = []
    for tile in tiles:
        link = _address(tile.open_url)
        track = {
            "location": [link],
            "title": _line(tile.track.title),
            "creator": _artists(tile.track),
            "info": link,
        }
        if tile.track.album is not None:
            track["album"] = _line(tile.track.album)
        tracks.append(track)
    playlist = {"title": _line(name), "creator": "Moodring", "track": tracks}
    return json.dumps({"playlist": playlist}, ensure_ascii=False, indent=2).encode()


def _row(tile: Tile) -> tuple[object, ...]:
    track = tile.track
    names = [_line(artist).replace(";", ",") for artist in track.artists]
    # The one name with a comma would be taken for two.
    artists = f"{names[0]};" if len(names) == 1 and "," in names[0] else "; ".join(names)
    spotify = _SPOTIFY_TRACK.fullmatch(track.url or "")
    # From 0 to 1, as other tables of songs count it.
    valence = None if track.valence is None else round((track.valence + 1) / 2, 6)
    return (
        track.title,
        artists,
        track.album,
        track.language,
        track.year,
        track.genre,
        valence,
        None if track.energy is None else round(track.energy, 6),
        track.tempo,
        int(track.explicit),
        spotify and spotify[1],
        _address(tile.open_url),
    )


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    return guarded(_line(value))


def _artists(track: Track) -> str:
    return ", ".join(map(_line, track.artists))


def _line(text: str) -> str:
    return visible(text) or NAMELESS


def _address(url: str) -> str:
    """Return a link in visible ASCII, so that it ends where its line ends."""
    return quote(url, safe="/:?&=#%+,;@!$'()*~[]", errors="replace")
