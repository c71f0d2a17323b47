"""Export of songs as files for other programs: extended M3U, CSV and JSPF. Pure and deterministic.

Titles and names are untrusted: none may start a line, a formula or a link of its own.
"""

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import PurePath
from urllib.parse import quote

from recommender.text import guarded, visible
from recommender.types import Tile, Track, spotify_track_id

M3U8_TYPE, CSV_TYPE, JSPF_TYPE = "audio/mpegurl", "text/csv", "application/jspf+json"
# Columns of `recommender.ingest.song_tables`; the link is for people only.
COLUMNS = (
    "title", "artists", "album", "language", "year", "genre", "valence", "energy", "tempo",
    "explicit", "spotify_id", "link",
)  # fmt: skip
# Shown for a title or name without visible characters.
NAMELESS = "–"

_line = partial(visible, nothing=NAMELESS)
# Players split artist and title at the first such dash; whitespace is normalised before.
_DASH = re.compile(r" ([-–—])(?: |$)")
# Characters at which some player ends a line, and bytes of names that are not UTF-8.
_LINE_ENDS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029\ud800-\udfff]")


def file_name(feeling: str, day: date, ending: str) -> str:
    """Return the file name of an export."""
    word = re.sub("[^a-z]+", "-", feeling.casefold()).strip("-")
    return f"moodring-{word or 'songs'}-{day.isoformat()}.{ending}"


def files_as_m3u8(files: Sequence[tuple[Track, str, float | None]], name: str) -> bytes:
    """Return audio files as an extended M3U playlist in UTF-8.

    Parameters
    ----------
    files : sequence of (track, path or name relative to the playlist, length in seconds or None)
    name : str, the playlist's
    """
    lines = ["#EXTM3U", f"#PLAYLIST:{_line(name)}"]
    for track, location, seconds in files:
        artists = _DASH.sub(r"\1", _artists(track))
        length = -1 if seconds is None else round(seconds)
        lines += [f"#EXTINF:{length},{artists} - {_line(track.title)}", _location(location)]
    return "".join(f"{line}\n" for line in lines).encode()


def as_csv(tiles: Sequence[Tile]) -> bytes:
    """Return the songs as a CSV table that spreadsheets open and Moodring can import again."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    for tile in tiles:
        table.writerow([_cell(value) for value in _row(tile)])
    # Without a byte order mark, Excel assumes the local 8-bit encoding.
    return text.getvalue().encode("utf-8-sig")


def as_jspf(tiles: Sequence[Tile], name: str) -> bytes:
    """Return the songs as a playlist in JSPF, see https://xspf.org/jspf.

    Parameters
    ----------
    name : str, the playlist's
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
    # A trailing separator, else a single name with a comma would be read as two.
    artists = f"{names[0]};" if len(names) == 1 and "," in names[0] else "; ".join(names)
    # 0..1, as in other tables of songs.
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
        spotify_track_id(track.url),
        _address(tile.open_url),
    )


def _cell(value: object) -> object:
    return guarded(_line(value)) if isinstance(value, str) else value


def _artists(track: Track) -> str:
    return ", ".join(map(_line, track.artists))


def _location(path: str) -> str:
    """Return a path as it is, blanks and all; percent-encoded if it would end its line."""
    if _LINE_ENDS.search(path):
        one = PurePath(path)
        path = one.as_uri() if one.is_absolute() else quote(os.fsencode(path))
    # Players treat a line that begins with # as a comment.
    return f"./{path}" if path.startswith("#") else path


def _address(url: str) -> str:
    """Return a link in printable ASCII, so that nothing in it can end its line."""
    return quote(url, safe="/:?&=#%+,;@!$'()*~[]", errors="replace")
