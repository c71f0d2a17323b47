"""Playlists that people bring, and lists of what they heard, become songs of the catalogue.

A playlist says nothing about moods. Where the catalogue knows a song already, its place in the
plane, its language, its year and its tags are taken over.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, Engine, select

from detectors.types import Message
from recommender.catalogue.writer import SongRecord, replace_batch
from recommender.db.engine import database_errors, write_lock
from recommender.db.tables import BatchRow
from recommender.errors import UnreadableTable
from recommender.ingest.encodings import Text, text_of
from recommender.ingest.entries import MAX_SONGS, Entry, Order, Problem
from recommender.ingest.json_lists import json_entries
from recommender.ingest.known_songs import known_songs
from recommender.ingest.listed_files import with_tags
from recommender.ingest.registry import ImportedFile, register
from recommender.ingest.table_import import own_connection
from recommender.ingest.text_lists import is_itunes_text, itunes_entries, m3u_entries, pls_entries
from recommender.ingest.xml_lists import xml_entries
from recommender.paths import absolute

MAX_BYTES = 20 * 1024 * 1024
# iTunes writes some fifty lines about each song of a library.
MAX_XML_BYTES = 100 * 1024 * 1024
# Bytes in which the kind of a file shows.
_HEAD = 1000
# Not the "[playlist]" or "[Reference]" of an INI file.
_JSON = re.compile(r"\{|\[\s*(?:[\[{\"\]]|null|$)")
# Characters of an example in a report.
MAX_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Playlist:
    """A playlist file.

    Attributes
    ----------
    sha256 : str, digest of the file
    example : id of the message that shows an entry, by its line or its place
    guessed_encoding : str, when the file does not say it; else ""
    """

    entries: list[Entry]
    sha256: str
    example: str
    guessed_encoding: str = ""

    @property
    def songs(self) -> list[SongRecord]:
        """The most likely songs of the entries."""
        return [entry.song for entry in self.entries if entry.song is not None]


def read_playlist(path: Path) -> Playlist:
    """Read a playlist, whose kind shows in its first bytes: M3U, PLS, XML, JSON or iTunes' text.

    Raises
    ------
    UnreadableTable
        When the file is no playlist, names no song with its artist, or is over `MAX_BYTES`,
        `MAX_XML_BYTES` or `MAX_SONGS`.
    """
    content = _content(path)
    text, found = _entries(path, content)
    entries = list(islice(found, MAX_SONGS + 1))
    if len(entries) > MAX_SONGS:
        raise UnreadableTable("playlist-entries", file=path.name, most=MAX_SONGS)
    encoding = "" if text is None or text.sure else text.encoding
    sha256 = hashlib.sha256(content).hexdigest()
    example = "playlist-entry" if text is None else "playlist-line"
    read = Playlist(_in_order(entries), sha256, example, encoding)
    # The tags of a file may name what its path does not.
    if not any(entry.path for entry in entries):
        _refuse_without_songs(path, read)
    return read


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
            most = MAX_XML_BYTES if _head(content).startswith("<") else MAX_BYTES
            content += file.read(most + 1 - len(content))
    except OSError as error:
        raise UnreadableTable("file-unreadable", file=path.name) from error
    if len(content) > most:
        raise UnreadableTable("file-too-large", file=path.name, most=most // 2**20)
    return content


def _head(content: bytes) -> str:
    """Return the beginning of a file, of whose letters only ASCII is right."""
    plain = content[:_HEAD].replace(b"\0", b"")
    return plain.decode("latin-1").lstrip("\xef\xbb\xbf\xfe\xff \t\r\n").casefold()


def _entries(path: Path, content: bytes) -> tuple[Text | None, Iterator[Entry]]:
    """Return the entries of a file, and the file as text where they are its lines."""
    head, ending = _head(content), path.suffix.casefold()
    if head.startswith(("<!doctype html", "<html")):
        raise UnreadableTable("playlist-web-page", file=path.name)
    if head.startswith("<"):
        return None, xml_entries(path.name, content)
    is_pls = head.startswith(("[playlist]", "[reference]"))
    looks = _JSON.match(head) is not None and ending not in {".m3u", ".m3u8", ".pls"}
    if ending in {".jspf", ".json", ".jsonl"} or looks:
        return None, json_entries(path.name, content)
    text = text_of(content)
    if text is None:
        raise UnreadableTable("playlist-no-playlist", file=path.name)
    if is_pls:
        return text, pls_entries(text)
    if is_itunes_text(text):
        return text, itunes_entries(text)
    return text, m3u_entries(path.name, text, paths=ending != ".txt")


def _in_order(entries: list[Entry]) -> list[Entry]:
    """Return the entries with title and artist in the order of the others, where a line is unsure.

    One program writes all lines of a list, some of them "Title - Artist".
    """
    orders = Counter(entry.order for entry in entries)
    if orders[Order.TITLE_FIRST] <= orders[Order.ARTIST_FIRST]:
        return entries
    return [
        entry
        if entry.song is None or entry.swapped is None
        else replace(
            entry,
            song=_renamed(entry.song, *entry.swapped),
            swapped=(entry.song.title, entry.song.artists[0]),
            order=Order.TITLE_FIRST,
        )
        for entry in entries
    ]


def _renamed(song: SongRecord, title: str, artist: str) -> SongRecord:
    return replace(song, title=title, artists=(artist,))


@dataclass(frozen=True, slots=True)
class PlaylistImport:
    """Result of a playlist import.

    Attributes
    ----------
    songs : int, songs that the import has now
    added, removed : int, songs added and removed
    placed : int, songs with a valence and an energy
    nameless : int, entries that are left out
    repeated : int, entries that repeat a song
    unchanged : bool, whether the same playlist was imported before
    remarks : tuple of Message, about what was left out, and what was guessed
    """

    songs: int
    added: int
    removed: int
    placed: int
    nameless: int
    repeated: int
    unchanged: bool
    remarks: tuple[Message, ...]


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
    playlist = replace(playlist, entries=list(with_tags(playlist.entries, file.path.parent)))
    _refuse_without_songs(path, playlist)
    with (
        database_errors(),
        own_connection(engine) as connection,
        write_lock(connection),
    ):
        known = select(BatchRow.sha256).where(BatchRow.name == source)
        unchanged = connection.scalar(known) == playlist.sha256
        entries = _placed(connection, playlist.entries, source)
        songs = [entry.song for entry in entries if entry.song is not None]
        done = replace_batch(connection, source, playlist.sha256, songs)
        register(connection, file)
    return PlaylistImport(
        done.songs,
        done.added,
        done.removed,
        placed=len({song.identity for song in songs if song.valence is not None}),
        nameless=len(entries) - len(songs),
        repeated=len(songs) - done.songs,
        unchanged=unchanged,
        remarks=tuple(_remarks(replace(playlist, entries=entries))),
    )


def _refuse_without_songs(path: Path, playlist: Playlist) -> None:
    if playlist.songs:
        return
    if not playlist.entries:
        raise UnreadableTable("playlist-no-song", file=path.name)
    first = _example(playlist, playlist.entries[0])
    raise UnreadableTable("playlist-no-song-first", file=path.name, first=first)


def _placed(connection: Connection, entries: list[Entry], source: str) -> list[Entry]:
    """Return the entries with what other imports know about their songs."""
    wanted = (reading for entry in entries for reading in _readings(entry))
    known = known_songs(connection, wanted, source)
    placed = []
    for entry in entries:
        reading = next((one for one in _readings(entry) if one in known), None)
        if entry.song is None or reading is None:
            placed.append(entry)
            continue
        order = entry.order
        if entry.swapped is not None and reading not in entry.others:
            order = Order.TITLE_FIRST if reading == entry.swapped else Order.ARTIST_FIRST
        song = entry.song
        if reading != (song.title, ", ".join(song.artists)):
            song = _renamed(song, *reading)
        song = known[reading].completed(song)
        placed.append(replace(entry, song=song, order=order, swapped=None))
    return _in_order(placed)


def _readings(entry: Entry) -> list[tuple[str, str]]:
    """Return the (title, artist) that an entry may mean, the most likely first."""
    if entry.song is None:
        return []
    readings = [(entry.song.title, ", ".join(entry.song.artists)), *entry.others]
    if not entry.path:
        # A line as it is written, with the number that was taken for its place in the list.
        readings.reverse()
    return [*readings, *([entry.swapped] if entry.swapped else [])]


def _remarks(playlist: Playlist) -> Iterator[Message]:
    """Yield a message for each kind of entry that is left out or guessed, with the first one."""
    entries = playlist.entries
    for problem in Problem:
        left = [entry for entry in entries if entry.problem is problem]
        if left:
            values = {"entries": len(left), "first": _example(playlist, left[0])}
            yield Message(problem.value, values)
    guessed = [entry for entry in entries if entry.song is not None and entry.path]
    if guessed:
        values = {"songs": len(guessed), "first": _example(playlist, guessed[0])}
        yield Message("playlist-named-by-path", values)
    swapped = sum(entry.order is Order.TITLE_FIRST for entry in entries)
    if swapped:
        yield Message("playlist-title-first", {"lines": swapped})
    if playlist.guessed_encoding:
        yield Message("playlist-encoding", {"encoding": playlist.guessed_encoding})


def _example(playlist: Playlist, entry: Entry) -> Message:
    plain = "".join(letter if letter.isprintable() else " " for letter in entry.shown)
    shown = " ".join(plain.split())[:MAX_SHOWN].strip() or "–"
    return Message(playlist.example, {"number": entry.number, "shown": shown})
