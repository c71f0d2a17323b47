"""Entries of playlists: the song that each names, or why it names none.

A line of text may be read in several ways. An entry keeps all of them, the most likely first; what
the catalogue knows decides (`recommender.ingest.known_songs`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from recommender.catalogue.writer import SongRecord
from recommender.db.tables import NAME_LENGTH
from recommender.ingest.cells import FIRST_YEAR, LAST_YEAR, MAX_TEMPO
from recommender.ingest.file_names import PathNames, has_ending, names_of_path, without_ending
from recommender.text import fold, visible
from recommender.types import MAX_TEXT_LENGTH

MAX_SONGS = 100_000
# "Artist - Title", the convention of players. Blanks are made single before; a hyphen inside a word
# does not separate.
_PARTED = re.compile(r" [-–—] ")
# "01. Artist - Title" and "01 - Artist - Title": the place in the list.
_NUMBERED = re.compile(r"[0-9]{1,3}[.)] |0[0-9]{1,2} [-–—] (?=.* [-–—] )")
_SPOTIFY = re.compile(
    r"(?:spotify:track:|open\.spotify\.com/(?:intl-[a-z]{2}/)?track/)([0-9A-Za-z]{22})(?![0-9A-Za-z])"
)


class Problem(StrEnum):
    """Reason why an entry is left out, the id of a message about several."""

    NAMELESS = "playlist-nameless"
    NO_MUSIC = "playlist-no-music"


class Order(StrEnum):
    """Order of the two names in a line, as the path beside it or the catalogue shows it."""

    ARTIST_FIRST = "artist first"
    TITLE_FIRST = "title first"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a playlist.

    Attributes
    ----------
    number : int, of its line or its place, from 1
    song : SongRecord or None, the most likely reading
    shown : str, the text of an entry that is left out, or named after its file; else ""
    others : tuple of (title, artist), further readings, the most likely first
    swapped : (title, artist) or None, the reading in the other order, when the line allows it
    order : Order or None, when the path beside the line shows it
    path : str, where its file lies, when it is named after that; else ""
    """

    number: int
    song: SongRecord | None
    shown: str = ""
    problem: Problem | None = None
    others: tuple[tuple[str, str], ...] = ()
    swapped: tuple[str, str] | None = None
    order: Order | None = None
    path: str = ""


def entry_of(
    number: int,
    title: str,
    artist: str,
    *,
    shown: str = "",
    artists: tuple[str, ...] = (),
    album: str | None = None,
    genre: str | None = None,
    year: int | None = None,
    tempo: float | None = None,
    link: str = "",
) -> Entry:
    """Return the entry of a file that tells title and artist apart.

    Parameters
    ----------
    shown : str, for an entry without one of them; by default the other
    artists : tuple of str, all of them, when the file tells them apart
    link : str, may hold the song's address at Spotify
    """
    title, artist = one_line(title), one_line(artist)
    if not (title and artist):
        told = shown or title or artist
        return Entry(number, None, one_line(told), Problem.NAMELESS)
    spotify = _SPOTIFY.search(link)
    song = SongRecord(
        title=title,
        artists=tuple(dict.fromkeys(filter(None, map(one_line, artists)))) or (artist,),
        album=one_line(album or "") or None,
        genre=one_line(genre or "")[:NAME_LENGTH].casefold() or None,
        year=year if year is not None and FIRST_YEAR <= year <= LAST_YEAR else None,
        tempo=tempo if tempo is not None and 0 < tempo <= MAX_TEMPO else None,
        spotify_id=spotify and spotify[1],
    )
    return Entry(number, song)


def itunes_entry(number: int, fields: Mapping[str, str]) -> Entry:
    """Return the entry of iTunes' texts, by our names: title, artist, album, genre, year, tempo."""
    return entry_of(
        number,
        fields.get("title", ""),
        fields.get("artist", ""),
        album=fields.get("album"),
        genre=fields.get("genre"),
        year=_whole(fields.get("year", "")),
        tempo=_whole(fields.get("tempo", "")),
    )


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else None  # noqa: PLR2004 - digits of a year


def entry_of_line(
    number: int,
    text: str,
    path: str = "",
    *,
    artist: str = "",
    album: str = "",
    usual_artist: str = "",
    link: str = "",
) -> Entry:
    """Return the entry of a line of text, as players show it, and of the path beside it.

    Parameters
    ----------
    artist : str, the song's, if the file names it
    usual_artist : str, of several entries: of those whose line names none
    """
    written = visible(text)
    text = without_ending(written) or written
    names = names_of_path(path)
    if not text:
        return _of_path(number, path, names, artist or usual_artist)
    if artist:
        return _titled(number, text, artist, album, link)
    numbered = _NUMBERED.match(text)
    if numbered and _PARTED.search(text) and not _PARTED.search(text, numbered.end()):
        # The number is the artist's name.
        numbered = None
    plain = text[numbered.end() :] if numbered else text
    if not _PARTED.search(plain):
        if usual_artist:
            return entry_of(number, plain, usual_artist, album=album, link=link)
        return _of_path(number, path, names, title=plain)
    first = _halves(plain)
    swapped = _halves(plain, last=True)
    order = _order(first, swapped, names)
    song = swapped if order is Order.TITLE_FIRST else first
    if not album and fold(song[1]) in {fold(of) for _, of in names.readings}:
        album = names.album
    return replace(
        entry_of(number, *song, album=album, link=link, shown=text),
        others=(_halves(written),) if written != plain else (),
        swapped=swapped if order is None and all(swapped) and swapped != first else None,
        order=order,
    )


def one_line(text: str) -> str:
    """Return a text as the database keeps it: in one line, without what cannot be seen."""
    return visible(text, MAX_TEXT_LENGTH)


def _of_path(number: int, path: str, names: PathNames, artist: str = "", title: str = "") -> Entry:
    """Return the entry of a path; a title beside it counts more than the file's name."""
    named = ((title or name, artist or of) for name, of in names.readings)
    first, *others = dict.fromkeys(named) or [(title, artist)]
    found = entry_of(number, *first, album=names.album)
    return replace(
        found,
        others=tuple(others),
        path=path if has_ending(path) else "",
        shown=one_line(title or path),
    )


def _titled(number: int, text: str, artist: str, album: str, link: str) -> Entry:
    """Return the entry of a line beside which the artist is named."""
    known, title = fold(artist), text
    others: tuple[tuple[str, str], ...] = ()
    if _PARTED.search(text):
        for name, rest in ((_halves(text)[::-1]), _halves(text, last=True)[::-1]):
            if fold(name) == known and rest:
                title = rest
                break
        else:
            others = (_halves(text),)
    return replace(entry_of(number, title, artist, album=album, link=link), others=others)


def _halves(text: str, *, last: bool = False) -> tuple[str, str]:
    """Return title and artist of "Artist - Title"; ``last``: of "Title - Artist"."""
    places = [found.span() for found in _PARTED.finditer(text)]
    start, end = places[-1] if last else places[0]
    before, after = text[:start].strip(), text[end:].strip()
    return (before, after) if last else (after, before)


def _order(first: tuple[str, str], swapped: tuple[str, str], names: PathNames) -> Order | None:
    """Return the order of a line's names if folders or the file's name show it."""
    if not (names.folders or names.readings) or first == swapped:
        return None
    as_artist, as_last = fold(first[1]), fold(swapped[1])
    artists = {fold(name) for name in names.folders} | {fold(of) for _, of in names.readings}
    titles = {fold(title) for title, _ in names.readings}
    if (as_artist in artists) != (as_last in artists):
        return Order.ARTIST_FIRST if as_artist in artists else Order.TITLE_FIRST
    # In "Title/01 Title.mp3" both may be names of folders.
    if (fold(first[0]) in titles) != (fold(swapped[0]) in titles):
        return Order.ARTIST_FIRST if fold(first[0]) in titles else Order.TITLE_FIRST
    return None
