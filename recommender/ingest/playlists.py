"""Playlists that people bring, extended M3U and JSPF, become songs of the catalogue.

A playlist says nothing about moods. Where the catalogue knows a song already, its place in the
plane, its language, its year and its tags are taken over.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import ArtistRow, BatchRow, CreditRow, TagRow, TrackRow
from recommender.errors import UnreadableTable
from recommender.ingest.registry import ImportedFile, register
from recommender.paths import absolute
from recommender.text import visible
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine


MAX_BYTES = 20 * 1024 * 1024
MAX_SONGS = 100_000
# Limit for the values of a JSPF file.
MAX_VALUES = 1_000_000
_EXTINF = re.compile(r"#EXTINF:[^,]*,(.*)")
# "Artist - Title", the convention of players. Blanks are made single before; a hyphen inside a word
# does not separate.
_PARTED = re.compile(r" [-–—] ")
_LINE = re.compile(rb"[^\r\n]+")


@dataclass(frozen=True, slots=True)
class Playlist:
    """The songs of a playlist file.

    Attributes
    ----------
    nameless : int, entries without a title or an artist
    sha256 : str, digest of the file
    """

    songs: list[SongRecord]
    nameless: int
    sha256: str


def read_playlist(path: Path) -> Playlist:
    """Read a playlist: JSPF when it ends in .jspf or .json, else extended M3U.

    Raises
    ------
    UnreadableTable
        When the file is not such a playlist, or over `MAX_BYTES` or `MAX_SONGS`.
    """
    content = _content(path)
    read = _jspf if path.suffix.casefold() in {".jspf", ".json"} else _m3u
    entries = list(islice(read(path.name, content), MAX_SONGS + 1))
    if len(entries) > MAX_SONGS:
        raise UnreadableTable("playlist-entries", file=path.name, most=MAX_SONGS)
    songs = [song for song in entries if song is not None]
    if not songs:
        raise UnreadableTable("playlist-no-song", file=path.name)
    return Playlist(songs, len(entries) - len(songs), hashlib.sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableTable("file-unreadable", file=path.name) from error
    if len(content) > MAX_BYTES:
        raise UnreadableTable("file-too-large", file=path.name, most=MAX_BYTES // 2**20)
    return content


def _m3u(name: str, content: bytes) -> Iterator[SongRecord | None]:
    if b"\0" in content:
        raise UnreadableTable("playlist-no-playlist", file=name)
    encoding = _encoding(content)
    for line in _LINE.finditer(content.removeprefix(codecs.BOM_UTF8)):
        named = _EXTINF.match(visible(line[0].decode(encoding)))
        if named:
            yield _song(*_names(named[1]))


def _encoding(content: bytes) -> str:
    try:
        content.decode()
    except UnicodeDecodeError:
        # M3U predates UTF-8 and has no declared encoding; latin-1 decodes any bytes.
        return "latin-1"
    return "utf-8"


def _names(text: str) -> tuple[str, str]:
    artist, *title = _PARTED.split(text, maxsplit=1)
    return ("".join(title), artist) if title else (artist, "")


def _jspf(name: str, content: bytes) -> Iterator[SongRecord | None]:
    refusal = UnreadableTable("playlist-no-jspf", file=name)
    # Each value takes up to 100 bytes of memory, however short it is.
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise UnreadableTable("playlist-values", file=name, most=MAX_VALUES)
    try:
        tracks = json.loads(content)["playlist"]["track"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise refusal from error
    if not isinstance(tracks, list) or not all(isinstance(track, dict) for track in tracks):
        raise refusal
    for track in tracks:
        yield _song(track.get("title"), track.get("creator"), track.get("album"))


def _song(*texts: object) -> SongRecord | None:
    """Return the song of a title, an artist and perhaps an album; None without one of the two."""
    title, artist, *album = (visible(text, MAX_TEXT_LENGTH) for text in texts)
    if not (title and artist):
        return None
    return SongRecord(title=title, artists=(artist,), album="".join(album) or None)


ROWS_AT_ONCE = 500
# Columns that a song of a playlist copies from the catalogue.
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


@dataclass(frozen=True, slots=True)
class PlaylistImport:
    """Result of a playlist import.

    Attributes
    ----------
    songs : int, songs that the import has now
    added, removed : int, songs added and removed
    placed : int, songs with a valence and an energy
    nameless : int, entries without a title or an artist
    unchanged : bool, whether the same playlist was imported before
    """

    songs: int
    added: int
    removed: int
    placed: int
    nameless: int
    unchanged: bool


def import_playlist(path: Path, engine: Engine, *, source: str) -> PlaylistImport:
    """Replace the songs of an import by those of a playlist.

    An unchanged playlist is imported again, too, because the catalogue may know more of its songs.

    Raises
    ------
    UnreadableTable
        When the file is not a playlist.
    Unavailable
        When the database cannot be used.
    """
    file = ImportedFile(source, "playlist", absolute(path))
    playlist = read_playlist(path)
    with database_errors(), write_transaction(engine) as connection:
        known = select(BatchRow.sha256).where(BatchRow.name == source)
        unchanged = connection.scalar(known) == playlist.sha256
        placed = _placed(connection, playlist.songs, source)
        done = replace_batch(connection, source, playlist.sha256, placed)
        register(connection, file)
    with_place = len({song.identity for song in placed if song.valence is not None})
    return PlaylistImport(
        done.songs, done.added, done.removed, with_place, playlist.nameless, unchanged
    )


def _placed(connection: Connection, songs: list[SongRecord], source: str) -> list[SongRecord]:
    """Return the songs with what other imports know about them."""
    known: dict[tuple[str, str], Any] = {}
    for titles in _parts(sorted({song.title for song in songs})):
        for row in connection.execute(_asked(titles, source)):
            known.setdefault((row.title.casefold(), row.name.casefold()), row)
    found = [known.get((song.title.casefold(), song.artists[0].casefold())) for song in songs]
    tags: dict[int, list[str]] = {}
    for numbers in _parts(sorted({row.id for row in found if row is not None})):
        asked = select(TagRow.track_id, TagRow.name).where(TagRow.track_id.in_(numbers))
        for number, name in connection.execute(asked.order_by(TagRow.name)):
            tags.setdefault(number, []).append(name)
    return [
        song if row is None else _like(song, row, tags.get(row.id, ()))
        for song, row in zip(songs, found, strict=True)
    ]


def _parts(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (things[first : first + ROWS_AT_ONCE] for first in range(0, len(things), ROWS_AT_ONCE))


def _asked(titles: Sequence[str], source: str) -> Any:  # noqa: ANN401 - the type has eleven columns
    known = (getattr(TrackRow, name) for name in TAKEN_OVER)
    return (
        select(TrackRow.id, TrackRow.title, ArtistRow.name, *known)
        .join(CreditRow, CreditRow.track_id == TrackRow.id)
        .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
        .join(BatchRow, BatchRow.id == TrackRow.source_id)
        .where(CreditRow.position == 0, BatchRow.name != source)
        # SQLite's LOWER handles ASCII only, so other letters are matched exactly, too.
        .where(
            TrackRow.title.in_(titles)
            | func.lower(TrackRow.title).in_([title.lower() for title in titles])
        )
        .order_by(TrackRow.valence.is_(None), TrackRow.key)
    )


def _like(song: SongRecord, row: Any, tags: Sequence[str]) -> SongRecord:  # noqa: ANN401 - a row of `_asked`
    return replace(song, tags=tuple(tags), **{name: getattr(row, name) for name in TAKEN_OVER})
