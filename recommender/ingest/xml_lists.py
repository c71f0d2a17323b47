"""Playlists in XML: XSPF, WPL (and ZPL), ASX, and the library of iTunes.

A file may have a document type, as the library has, but no entities: they can multiply.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NoReturn
from xml.parsers import expat  # nosec B407 # entities are refused, and depth and texts are limited

from recommender.errors import UnreadableTable
from recommender.ingest.entries import Entry, Problem, entry_of, entry_of_line, itunes_entry
from recommender.types import MAX_TEXT_LENGTH

MAX_DEPTH = 64
# Characters of a text that are kept; paths may be longer than names.
MAX_TEXT = 4 * MAX_TEXT_LENGTH
# Fields of one song.
MAX_FIELDS = 200
# Bytes parsed at a time.
AT_ONCE = 65_536
# Kinds of the library's entries that are no music.
_NO_MUSIC = ("Podcast", "Movie", "TV Show", "Music Video", "Audiobooks", "iTunesU", "Voice Memo")
# Fields of the library, by our names.
_OF_ITUNES = {
    "Name": "title",
    "Artist": "artist",
    "Album": "album",
    "Genre": "genre",
    "Year": "year",
    "BPM": "tempo",
}
_TRUTHS = frozenset({"true", "false"})


class _TooMuch(Exception):
    """A document with entities or too many elements inside one another."""


def xml_entries(name: str, content: bytes) -> Iterator[Entry]:
    """Yield the entries of a playlist in XML.

    Raises
    ------
    UnreadableTable
        When it is another document, is not whole, or has entities.
    """
    reader = _Reader(name)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.EntityDeclHandler = _refuse
    parser.ExternalEntityRefHandler = _refuse
    try:
        for start in range(0, len(content) + 1, AT_ONCE):
            part = content[start : start + AT_ONCE]
            parser.Parse(part, len(part) < AT_ONCE)
            while reader.entries:
                yield reader.entries.popleft()
    except _TooMuch as error:
        raise UnreadableTable("playlist-xml-refused", file=name) from error
    except (expat.ExpatError, ValueError, LookupError) as error:
        line = parser.CurrentLineNumber
        raise UnreadableTable("playlist-xml-damaged", file=name, line=line) from error


def _refuse(*_: object) -> NoReturn:
    raise _TooMuch


class _Reader:
    """Handler of a document's elements, which fills `entries`."""

    def __init__(self, name: str) -> None:
        self.entries: deque[Entry] = deque()
        self._name = name
        self._number = 0
        self._open: list[str] = []
        self._fields: dict[str, str] = {}
        self._key = ""
        self._said: list[str] = []
        self._room = 0
        # The entry's element, and what makes an entry of its fields.
        self._entry = ""
        self._make: Callable[[int, Mapping[str, str]], Entry] = _of_xspf

    def start(self, element: str, attributes: Mapping[str, str]) -> None:
        element = element.rpartition(" ")[2].casefold()
        if not self._open:
            self._begin(element)
        if len(self._open) >= MAX_DEPTH:
            raise _TooMuch
        self._open.append(element)
        self._said, self._room = [], MAX_TEXT
        if self._is_entry():
            self._fields = {}
        # WPL, ZPL and ASX have attributes.
        for key, value in attributes.items():
            self._keep(key.casefold(), value[:MAX_TEXT])

    def text(self, said: str) -> None:
        if self._room > 0:
            self._said.append(said[: self._room])
            self._room -= len(said)

    def end(self, element: str) -> None:
        element = element.rpartition(" ")[2].casefold()
        said = "".join(self._said)
        if self._entry == "dict":
            # A property list: a key, then its value.
            if element == "key":
                self._key = said
            else:
                self._keep(self._key, element if element in _TRUTHS else said)
        else:
            self._keep(element, said)
        self._said = []
        if self._is_entry():
            self._number += 1
            self.entries.append(self._make(self._number, self._fields))
            self._fields = {}
        self._open.pop()

    def _begin(self, element: str) -> None:
        kinds = {
            "playlist": ("track", _of_xspf),
            "smil": ("media", _of_wpl),
            "asx": ("entry", _of_asx),
            "plist": ("dict", _of_itunes),
        }
        if element not in kinds:
            raise UnreadableTable("playlist-unknown-xml", file=self._name)
        self._entry, self._make = kinds[element]

    def _is_entry(self) -> bool:
        if self._entry == "dict":
            # plist / dict / dict of tracks / dict of one
            return self._open == ["plist", "dict", "dict", "dict"]
        return self._open[-1:] == [self._entry]

    def _keep(self, key: str, value: str) -> None:
        if len(self._fields) < MAX_FIELDS:
            self._fields.setdefault(key, value)


def _of_xspf(number: int, fields: Mapping[str, str]) -> Entry:
    return _named(number, fields, "title", "creator", "album", "location")


def _of_wpl(number: int, fields: Mapping[str, str]) -> Entry:
    return _named(number, fields, "tracktitle", "trackartist", "albumtitle", "src")


def _of_asx(number: int, fields: Mapping[str, str]) -> Entry:
    return _named(number, fields, "title", "author", "album", "href")


def _named(
    number: int, fields: Mapping[str, str], title: str, artist: str, album: str, path: str
) -> Entry:
    where = fields.get(path, "")
    link = f"{where} {fields.get('identifier', '')}"
    if fields.get(title) and fields.get(artist):
        return entry_of(number, fields[title], fields[artist], album=fields.get(album), link=link)
    return entry_of_line(
        number,
        fields.get(title, ""),
        where,
        artist=fields.get(artist, ""),
        album=fields.get(album, ""),
        link=link,
    )


def _of_itunes(number: int, fields: Mapping[str, str]) -> Entry:
    named = {ours: fields[theirs] for theirs, ours in _OF_ITUNES.items() if theirs in fields}
    entry = itunes_entry(number, named)
    if any(fields.get(kind) == "true" for kind in _NO_MUSIC):
        shown = entry.shown or (entry.song.title if entry.song else "")
        return Entry(number, None, shown, Problem.NO_MUSIC)
    return entry
