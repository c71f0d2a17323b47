"""Readers for playlist files: extended M3U and JSPF."""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from recommender.errors import UnreadableTable
from recommender.filling import NewSong
from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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

    songs: list[NewSong]
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
        raise UnreadableTable(f"The file {path.name} has more than {MAX_SONGS:,} entries.")
    songs = [song for song in entries if song is not None]
    if not songs:
        raise UnreadableTable(f"The file {path.name} names no song with its artist.")
    return Playlist(songs, len(entries) - len(songs), hashlib.sha256(content).hexdigest())


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableTable(f"The file {path.name} cannot be read.") from error
    if len(content) > MAX_BYTES:
        raise UnreadableTable(f"The file {path.name} is larger than {MAX_BYTES // 2**20} MB.")
    return content


def _m3u(name: str, content: bytes) -> Iterator[NewSong | None]:
    if b"\0" in content:
        raise UnreadableTable(f"The file {name} is no playlist.")
    encoding = _encoding(content)
    for line in _LINE.finditer(content.removeprefix(codecs.BOM_UTF8)):
        named = _EXTINF.match(" ".join(line[0].decode(encoding).split()))
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


def _jspf(name: str, content: bytes) -> Iterator[NewSong | None]:
    refusal = UnreadableTable(f"The file {name} is no JSPF playlist.")
    # Each value takes up to 100 bytes of memory, however short it is.
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise UnreadableTable(f"The file {name} holds more than {MAX_VALUES:,} values.")
    try:
        tracks = json.loads(content)["playlist"]["track"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise refusal from error
    if not isinstance(tracks, list) or not all(isinstance(track, dict) for track in tracks):
        raise refusal
    for track in tracks:
        yield _song(_word(track, "title"), _word(track, "creator"), _word(track, "album") or None)


def _word(track: dict[str, Any], name: str) -> str:
    value = track.get(name)
    if not isinstance(value, str):
        return ""
    # JSON can contain unpaired surrogates and NUL, which no database stores.
    return value.encode(errors="replace").decode().replace("\0", " ")


def _song(title: str, artist: str, album: str | None = None) -> NewSong | None:
    title, artist = (" ".join(text.split())[:MAX_TEXT_LENGTH] for text in (title, artist))
    if not (title and artist):
        return None
    return NewSong(title=title, artists=(artist,), album=album and album[:MAX_TEXT_LENGTH])
