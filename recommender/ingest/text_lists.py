"""Playlists that are lines of text: M3U, PLS, and what iTunes exports as text."""

import re
from collections.abc import Iterable, Iterator, Mapping

from recommender.errors import UnreadableTable
from recommender.ingest.encodings import Text
from recommender.ingest.entries import MAX_SONGS, Entry, entry_of_line, itunes_entry
from recommender.ingest.file_names import has_ending

# A text in quotes, which may hold commas, or a comma.
_QUOTED_OR_COMMA = re.compile(r'"[^"]*"|,')
_ATTRIBUTE = re.compile(r' *[\w.-]+="')
# What only streams have (RFC 8216); each of their "songs" is a few seconds long.
_OF_STREAMS = ("#EXT-X-TARGETDURATION", "#EXT-X-STREAM-INF", "#EXT-X-MEDIA")
# Old lists of streams (ASX) say "Ref1" for "File1".
_PLS = re.compile(r"(file|ref|title)([0-9]{1,9}) ?= ?(.*)", re.IGNORECASE)
# Headers of the columns of iTunes, in its languages.
ITUNES_COLUMNS: Mapping[str, frozenset[str]] = {
    "title": frozenset({"name", "nom", "nombre", "nome", "naam", "titel", "title", "名前"}),
    "artist": frozenset(
        {"artist", "interpret", "artiste", "artista", "artiest", "アーティスト", "исполнитель"}
    ),
    "album": frozenset({"album", "álbum", "アルバム", "альбом"}),
    "genre": frozenset({"genre", "género", "gênero", "genere", "ジャンル", "жанр"}),
    "year": frozenset({"year", "jahr", "année", "año", "anno", "ano", "jaar", "年", "год"}),
    "tempo": frozenset({"bpm"}),
}
MAX_COLUMNS = 100


def m3u_entries(name: str, text: Text, *, paths: bool = True) -> Iterator[Entry]:
    """Yield the entries of an M3U playlist: lines of #EXTINF, paths, or both.

    Parameters
    ----------
    paths : bool, False when a line that is no path of a sound file names a song itself

    Raises
    ------
    UnreadableTable
        When it is a stream.
    """
    # The names before a path: number of their line, and text.
    info: tuple[int, str] | None = None
    artist = usual_artist = album = ""
    for number, raw in text.lines():
        line = raw.strip()
        word, _, rest = line.partition(":")
        word = word.upper()
        if word.startswith(_OF_STREAMS):
            raise UnreadableTable("playlist-stream", file=name)
        if word == "#EXTINF":
            if info is not None:
                yield entry_of_line(*info, artist=artist, usual_artist=usual_artist, album=album)
                artist = ""
            info = number, _after_attributes(" ".join(rest.split()))
        elif word == "#EXTART":
            artist = usual_artist = rest
        elif word == "#EXTALB":
            album = rest
        elif line and not line.startswith("#"):
            if info is None and not paths and not has_ending(line):
                info = number, line
            yield entry_of_line(
                *(info or (number, "")),
                raw,
                artist=artist,
                usual_artist=usual_artist,
                album=album,
                link=line,
            )
            info, artist = None, ""
    if info is not None:
        yield entry_of_line(*info, artist=artist, usual_artist=usual_artist, album=album)


def _after_attributes(text: str) -> str:
    """Return what is shown of an #EXTINF: the text after length and attributes."""
    for found in _QUOTED_OR_COMMA.finditer(text):
        # Some programs write a comma before the attributes, too.
        if found[0] == "," and not _ATTRIBUTE.match(text, found.end()):
            return text[found.end() :]
    return text.partition(",")[2]


def pls_entries(text: Text) -> Iterator[Entry]:
    """Yield the entries of a PLS playlist."""
    lines: dict[int, dict[str, str]] = {}
    for _, line in text.lines():
        found = _PLS.match(" ".join(line.split()))
        if found:
            lines.setdefault(int(found[2]), {})[found[1].casefold()] = found[3]
        if len(lines) > MAX_SONGS:
            break
    for number, named in sorted(lines.items()):
        path = named.get("file") or named.get("ref", "")
        yield entry_of_line(number, named.get("title", ""), path, link=path)


def is_itunes_text(text: Text) -> bool:
    """Return whether the first line names iTunes' columns."""
    first = next((line for _, line in text.lines()), "")
    return {"title", "artist"} <= _columns(first).keys()


def itunes_entries(text: Text) -> Iterator[Entry]:
    """Yield the songs of a text that iTunes exported: a table of tabs."""
    lines = text.lines()
    columns = _columns(next(lines)[1])
    for number, line in lines:
        cells = line.split("\t", MAX_COLUMNS)
        named = {field: cells[place] for field, place in columns.items() if place < len(cells)}
        yield itunes_entry(number, named)


def _columns(header: str) -> dict[str, int]:
    names: Iterable[str] = (name.strip().casefold() for name in header.split("\t", MAX_COLUMNS))
    places: dict[str, int] = {}
    for place, name in enumerate(names):
        for field, known in ITUNES_COLUMNS.items():
            if name in known:
                places.setdefault(field, place)
    return places if "\t" in header else {}
