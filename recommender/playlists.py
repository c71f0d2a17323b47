"""Playlists that people bring: M3U and JSPF files become songs of the catalogue.

A playlist says nothing about moods. Where the catalogue knows a song already, its place in the
plane, its language and its year are taken over.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from recommender.database import answering, writing
from recommender.errors import UnreadableTable
from recommender.filling import NewSong, replace_songs
from recommender.tables import ArtistRow, CreditRow, SourceRow, TrackRow
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection, Engine

MAX_BYTES = 20 * 1024 * 1024
MAX_SONGS = 100_000
TITLES_AT_ONCE = 500
# What a song of a playlist has from the catalogue.
TAKEN_OVER = (
    "language",
    "year",
    "genre",
    "valence",
    "energy",
    "tempo",
    "explicit",
    "spotify_id",
)
_EXTINF = re.compile(r"#EXTINF:[^,]*,(.*)")
# "Artist - Title", as players write it; a hyphen inside a word parts nothing.
_PARTED = re.compile(r"\s+[-–—]\s+")


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of a playlist.

    songs : how many the source has now
    placed : how many of them have a place in the plane
    nameless : entries without a title or an artist
    """

    songs: int
    placed: int
    nameless: int


def read_playlist(path: Path) -> tuple[list[NewSong], int]:
    """Return the songs of a file, and how many entries have no title or no artist.

    path : of an extended M3U playlist (.m3u, .m3u8), or of a JSPF playlist (.jspf, .json)

    Raises
    ------
    UnreadableTable
        When the file is no such playlist.
    """
    return _parsed(path, _content(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableTable(f"The file {path.name} cannot be read.") from error
    if len(content) > MAX_BYTES:
        raise UnreadableTable(f"The file {path.name} is larger than {MAX_BYTES // 2**20} MB.")
    return content


def _parsed(path: Path, content: bytes) -> tuple[list[NewSong], int]:
    read = _jspf if path.suffix.casefold() in {".jspf", ".json"} else _m3u
    entries = read(path.name, content)
    if len(entries) > MAX_SONGS:
        raise UnreadableTable(f"The file {path.name} has more than {MAX_SONGS:,} entries.")
    songs = [song for song in entries if song is not None]
    if not songs:
        raise UnreadableTable(f"The file {path.name} names no song with its artist.")
    return songs, len(entries) - len(songs)


def bring_playlist(path: Path, engine: Engine, *, source: str) -> Brought:
    """Put the songs of a playlist in the place of those that the source had.

    Raises
    ------
    UnreadableTable
        When the file is no playlist.
    Unavailable
        When the database cannot be used.
    """
    content = _content(path)
    songs, nameless = _parsed(path, content)
    digest = hashlib.sha256(content).hexdigest()
    with answering(), writing(engine) as connection:
        placed = _placed(connection, songs, source)
        count = replace_songs(connection, source, digest, placed)
    known = len({song.identity for song in placed if song.valence is not None})
    return Brought(count, known, nameless)


def _m3u(name: str, content: bytes) -> list[NewSong | None]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Before M3U8, playlists were written in whatever the machine had; this reads any bytes.
        text = content.decode("latin-1")
    if "\0" in text:
        raise UnreadableTable(f"The file {name} is no playlist.")
    named = (_EXTINF.match(line.strip()) for line in text.splitlines())
    return [_song(*_names(match[1])) for match in named if match]


def _names(text: str) -> tuple[str, str]:
    artist, *title = _PARTED.split(text, maxsplit=1)
    return ("".join(title), artist) if title else (artist, "")


def _jspf(name: str, content: bytes) -> list[NewSong | None]:
    refusal = UnreadableTable(f"The file {name} is no JSPF playlist.")
    try:
        tracks = json.loads(content)["playlist"]["track"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise refusal from error
    if not isinstance(tracks, list) or not all(isinstance(track, dict) for track in tracks):
        raise refusal
    return [
        _song(_word(track, "title"), _word(track, "creator"), _word(track, "album") or None)
        for track in tracks
    ]


def _word(track: dict[str, Any], name: str) -> str:
    value = track.get(name)
    return value if isinstance(value, str) else ""


def _song(title: str, artist: str, album: str | None = None) -> NewSong | None:
    title, artist = (" ".join(text.split())[:MAX_TEXT_LENGTH] for text in (title, artist))
    if not (title and artist):
        return None
    return NewSong(title=title, artists=(artist,), album=album and album[:MAX_TEXT_LENGTH])


def _placed(connection: Connection, songs: list[NewSong], source: str) -> list[NewSong]:
    """Return the songs with what the catalogue's other sources know of them."""
    known: dict[tuple[str, str], Any] = {}
    titles = sorted({song.title for song in songs})
    for first in range(0, len(titles), TITLES_AT_ONCE):
        some = titles[first : first + TITLES_AT_ONCE]
        for row in connection.execute(_asked(some, source)):
            known.setdefault((row.title.casefold(), row.name.casefold()), row)
    return [
        song if row is None else _like(song, row)
        for song in songs
        for row in (known.get((song.title.casefold(), song.artists[0].casefold())),)
    ]


def _asked(titles: list[str], source: str) -> Any:  # noqa: ANN401 - the type is ten columns long
    known = (getattr(TrackRow, name) for name in TAKEN_OVER)
    return (
        select(TrackRow.title, ArtistRow.name, *known)
        .join(CreditRow, CreditRow.track_id == TrackRow.id)
        .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
        .join(SourceRow, SourceRow.id == TrackRow.source_id)
        .where(CreditRow.position == 0, SourceRow.name != source)
        # SQLite lowers A to Z only, so that other letters have to be asked for as they are, too.
        .where(
            TrackRow.title.in_(titles)
            | func.lower(TrackRow.title).in_([title.lower() for title in titles])
        )
        .order_by(TrackRow.valence.is_(None), TrackRow.key)
    )


def _like(song: NewSong, row: Any) -> NewSong:  # noqa: ANN401 - a row of `_asked`
    return replace(song, **{name: getattr(row, name) for name in TAKEN_OVER})
