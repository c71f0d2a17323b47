"""Import of playlists.

A playlist says nothing about moods. When the catalogue already knows a song, its valence and
energy, language, year and tags are copied.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from recommender.database import answering, writing
from recommender.filling import replace_songs
from recommender.ingest.files import absolute
from recommender.ingest.origins import Origin, remember
from recommender.ingest.playlist_files import read_playlist
from recommender.tables import ArtistRow, CreditRow, SourceRow, TagRow, TrackRow

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from recommender.filling import NewSong

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
class Brought:
    """Result of a playlist import.

    Attributes
    ----------
    songs : int, songs that the import has now
    came, went : int, songs added and removed
    placed : int, songs with a valence and an energy
    nameless : int, entries without a title or an artist
    unchanged : bool, whether the same playlist was imported before
    """

    songs: int
    came: int
    went: int
    placed: int
    nameless: int
    unchanged: bool


def bring_playlist(path: Path, engine: Engine, *, source: str) -> Brought:
    """Replace the songs of an import by those of a playlist.

    An unchanged playlist is imported again, too, because the catalogue may know more of its songs.

    Raises
    ------
    UnreadableTable
        When the file is not a playlist.
    Unavailable
        When the database cannot be used.
    """
    origin = Origin(source, "playlist", absolute(path))
    playlist = read_playlist(path)
    with answering(), writing(engine) as connection:
        known = select(SourceRow.sha256).where(SourceRow.name == source)
        unchanged = connection.scalar(known) == playlist.sha256
        placed = _placed(connection, playlist.songs, source)
        done = replace_songs(connection, source, playlist.sha256, placed)
        remember(connection, origin)
    with_place = len({song.identity for song in placed if song.valence is not None})
    return Brought(done.songs, done.came, done.went, with_place, playlist.nameless, unchanged)


def _placed(connection: Connection, songs: list[NewSong], source: str) -> list[NewSong]:
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
        .join(SourceRow, SourceRow.id == TrackRow.source_id)
        .where(CreditRow.position == 0, SourceRow.name != source)
        # SQLite's LOWER handles ASCII only, so other letters are matched exactly, too.
        .where(
            TrackRow.title.in_(titles)
            | func.lower(TrackRow.title).in_([title.lower() for title in titles])
        )
        .order_by(TrackRow.valence.is_(None), TrackRow.key)
    )


def _like(song: NewSong, row: Any, tags: Sequence[str]) -> NewSong:  # noqa: ANN401 - a row of `_asked`
    return replace(song, tags=tuple(tags), **{name: getattr(row, name) for name in TAKEN_OVER})
