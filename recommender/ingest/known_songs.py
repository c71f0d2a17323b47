"""Songs of playlists in the catalogue, where other imports know their mood and language.

Playlists and tables write the same song in different ways. Versions of a recording ("Remastered"),
guests, accents, case, punctuation and "The" do not tell songs apart; live and remixed ones are
others.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from sqlalchemy import select

from recommender.db.tables import ArtistRow, BatchRow, CreditRow, TagRow, TrackRow
from recommender.text import fold, plain_title

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from recommender.catalogue.writer import SongRecord

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
_THE = re.compile(r"^the (?=.)|(?<=.), ?the$", re.IGNORECASE)
_GUESTS = re.compile(
    r" (?:[(\[](?:feat|ft|featuring)\b[^)\]]*[)\]]?|(?:feat|ft|featuring)\b(?:(?! [-–(\[]).)*)",
    re.IGNORECASE,
)
# Between the first artist and others.
_OTHERS = re.compile(
    r" ?[,;/|]| (?:&|\+|x|×|and|vs|with|[(\[]?(?:feat|ft|featuring|with))(?:\.? |$)", re.IGNORECASE
)
# Title and artist, both folded.
_Key: TypeAlias = "tuple[str, str]"


@dataclass(frozen=True, slots=True)
class KnownSong:
    """Facts of the catalogue about a song.

    Attributes
    ----------
    row : of `TAKEN_OVER`, and ``id``
    artists : tuple of str, all of them
    tags : tuple of str
    rank : the lower, the better this song fits the key under which it is kept
    """

    row: Any
    artists: tuple[str, ...]
    rank: tuple[bool, int, int, str]
    tags: tuple[str, ...] = ()

    def completed(self, song: SongRecord) -> SongRecord:
        """Return a song of a playlist with what is known about it."""
        known = {name: getattr(self.row, name) for name in TAKEN_OVER}
        own = {name: getattr(song, name) for name, value in known.items() if value is None}
        # A playlist writes several artists as one text.
        artists = self.artists if len(self.artists) > 1 else song.artists
        return replace(song, artists=artists, tags=self.tags, **{**known, **own})


def known_songs(
    connection: Connection, wanted: Iterable[tuple[str, str]], source: str
) -> dict[tuple[str, str], KnownSong]:
    """Return what imports other than ``source`` know of the songs of some (title, artist).

    Time grows with the artists of the catalogue, and with the songs of the wanted ones.
    """
    ids = _artist_ids(connection)
    # Songs of nobody are not kept: a playlist may hold very many.
    asked = {names for names in wanted if not ids.keys().isdisjoint(_artists_of(names[1]))}
    found = _found(connection, asked, ids, source)
    best: dict[tuple[str, str], KnownSong] = {}
    for names in asked:
        songs = [found[key] for key in _keys_of(*names) if key in found]
        if songs:
            # The first fits best; one with a mood is worth more.
            best[names] = min(songs, key=lambda song: song.rank[0])
    tags = _tags(connection, sorted({song.row.id for song in best.values()}))
    return {
        names: replace(song, tags=tuple(tags.get(song.row.id, ()))) for names, song in best.items()
    }


def _artist_ids(connection: Connection) -> dict[str, list[int]]:
    """Return the artists of the catalogue by the keys of their names."""
    ids: dict[str, list[int]] = {}
    for number, name in connection.execute(select(ArtistRow.id, ArtistRow.name)):
        for key in _artists_of(name):
            ids.setdefault(key, []).append(number)
    return ids


def _keys_of(title: str, artist: str) -> list[_Key]:
    """Return the keys under which a song may be known, those that fit best first."""
    return [(one, of) for of in _artists_of(artist) for one in _titles_of(title)]


def _titles_of(title: str) -> dict[str, None]:
    """Return the keys of a title: as it is, and without what makes it no other song."""
    return dict.fromkeys((fold(title), _plain(title)))


def _artists_of(artist: str) -> dict[str, None]:
    """Return the keys of an artist's name: as it is, and of the first of several."""
    return dict.fromkeys((_artist(artist), _artist(_first(artist))))


def _plain(title: str) -> str:
    """Return a title folded, without versions and guests."""
    return fold(plain_title(_GUESTS.sub("", title) or title))


def _artist(name: str) -> str:
    """Return an artist's name folded, without "The"."""
    return fold(_THE.sub("", name.strip()))


def _first(artists: str) -> str:
    """Return the first of several artists in a text."""
    return next(filter(None, map(str.strip, _OTHERS.split(artists))), artists)


def _found(
    connection: Connection, asked: set[tuple[str, str]], ids: dict[str, list[int]], source: str
) -> dict[_Key, KnownSong]:
    titles = {key for title, _ in asked for key in _titles_of(title)}
    artists = {key for _, artist in asked for key in _artists_of(artist)}
    numbers = sorted({number for artist in artists for number in ids.get(artist, ())})
    found: dict[_Key, KnownSong] = {}
    for part in _parts(numbers):
        rows = {
            row.id: row
            for row in connection.execute(_asked(part, source))
            if not titles.isdisjoint(_titles_of(row.title))
        }
        names_of: dict[int, list[str]] = {}
        for tracks in _parts(list(rows)):
            for number, name in connection.execute(_credits(tracks)):
                names_of.setdefault(number, []).append(name)
        for number, row in rows.items():
            for key, song in _kept_under(row, names_of[number]):
                fits = key[0] in titles and key[1] in artists
                if fits and (key not in found or song.rank < found[key].rank):
                    found[key] = song
    return found


def _kept_under(row: Any, artists: Sequence[str]) -> Iterator[tuple[_Key, KnownSong]]:  # noqa: ANN401 - a row of `_asked`
    names = dict.fromkeys((", ".join(artists), *artists, _first(artists[0])))
    for as_title, title in enumerate(_titles_of(row.title)):
        for as_artist, name in enumerate(names):
            rank = (row.valence is None, as_title, as_artist, row.key)
            yield (title, _artist(name)), KnownSong(row, tuple(artists), rank)


def _tags(connection: Connection, numbers: Sequence[int]) -> dict[int, list[str]]:
    tags: dict[int, list[str]] = {}
    for part in _parts(numbers):
        asked = select(TagRow.track_id, TagRow.name).where(TagRow.track_id.in_(part))
        for number, name in connection.execute(asked.order_by(TagRow.name)):
            tags.setdefault(number, []).append(name)
    return tags


def _parts(things: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (things[first : first + ROWS_AT_ONCE] for first in range(0, len(things), ROWS_AT_ONCE))


def _asked(artists: Sequence[int], source: str) -> Any:  # noqa: ANN401 - the type has eleven columns
    known = (getattr(TrackRow, name) for name in TAKEN_OVER)
    of_artists = select(CreditRow.track_id).where(CreditRow.artist_id.in_(artists))
    return (
        select(TrackRow.id, TrackRow.key, TrackRow.title, *known)
        .join(BatchRow, BatchRow.id == TrackRow.source_id)
        .where(TrackRow.id.in_(of_artists), BatchRow.name != source)
    )


def _credits(tracks: Sequence[int]) -> Any:  # noqa: ANN401 - the type is long
    return (
        select(CreditRow.track_id, ArtistRow.name)
        .join(ArtistRow, ArtistRow.id == CreditRow.artist_id)
        .where(CreditRow.track_id.in_(tracks))
        .order_by(CreditRow.track_id, CreditRow.position)
    )
