"""The catalogue as a visitor browses it: songs around a point, by name, and a sample of all.

Every function raises `recommender.errors.Unavailable` when the database cannot be used. Names are
compared as `recommender.text.fold` returns them: without case, accents, blanks and punctuation.
The index of titles finds what begins with some letters; what holds them elsewhere is looked for in
the index itself, which is much smaller than the songs, and only while fewer songs than wanted are
found.
"""

from collections.abc import Iterator
from typing import TypeAlias

from sqlalchemy import ColumnElement, Connection, Engine, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from recommender.catalogue.nearest import nearest
from recommender.catalogue.store import languages_of, tracks_of
from recommender.db.engine import database_errors
from recommender.db.tables import FOLDED_LENGTH, ArtistRow, CreditRow, TrackRow
from recommender.text import fold, visible
from recommender.types import Mood, Track

# From one end of the plane to the other.
EVERYWHERE = 2.0
# Letters of a name that must be known before it is looked for within others.
MIN_LETTERS = 2
# Words that are parted into an artist and a title; each parting is a question of its own.
MAX_PARTED = 6
MAX_ARTISTS = 50
# Greater than any other text that begins alike.
_LAST = "\U0010ffff"
_Folded: TypeAlias = InstrumentedAttribute[str | None]


def sample(engine: Engine, count: int) -> list[tuple[float, float]]:
    """Return the places (valence, energy) of at most ``count`` songs, drawn evenly from all."""
    with database_errors(), engine.connect() as connection:
        first, last = (
            connection.scalar(select(end(TrackRow.id))) or 0 for end in (func.min, func.max)
        )
        drawn = {first + (last - first + 1) * step // count for step in range(count)}
        asked = select(TrackRow.valence, TrackRow.energy).where(TrackRow.id.in_(drawn))
        rows = connection.execute(asked.order_by(TrackRow.id)).all()
        return [(left, up) for left, up in rows if left is not None and up is not None]


def around(engine: Engine, point: Mood, *, language: str | None, limit: int) -> list[Track]:
    """Return the songs that are nearest to a point, at most ``limit``.

    Parameters
    ----------
    language : str or None, as `recommender.text.visible` shows it; None for any
    """
    with database_errors(), engine.connect() as connection:
        found = sorted(
            one
            for name in _languages(connection, language)
            for one in nearest(connection, point, limit=limit, radius=EVERYWHERE, language=name)
        )
        return tracks_of(connection, [one.key for one in found[:limit]])


def named(engine: Engine, words: str, *, language: str | None, limit: int) -> list[Track]:
    """Return songs by the words of a title, of an artist or of both, best first.

    Parameters
    ----------
    language : str or None, as `recommender.text.visible` shows it; None for any
    """
    with database_errors(), engine.connect() as connection:
        names = _languages(connection, language)
        spoken = [] if names == [None] else [TrackRow.language.in_(names)]
        keys: dict[str, None] = {}
        # Signs that no database stores are left out.
        words = visible(words)
        for questions in (_of_whole(words), _of_parts(words)):
            for asked in questions:
                # Some of them may have been found before.
                rows = connection.execute(asked.where(*spoken).limit(limit + len(keys)))
                keys |= dict.fromkeys(row.key for row in rows)
                if len(keys) >= limit:
                    break
            # An artist and a title are only told apart where they are no name as a whole.
            if keys:
                break
        return tracks_of(connection, list(keys)[:limit])


def _languages(connection: Connection, language: str | None) -> list[str | None]:
    """Return the catalogue's names of a language; [None] for any."""
    if language is None:
        return [None]
    return [name for name in languages_of(connection) if visible(name) == language]


def _of_whole(words: str) -> Iterator[Select[str, str | None, int]]:
    """Yield questions for titles and artists of that name, the best first."""
    whole = fold(words)[:FOLDED_LENGTH]
    if not whole:
        return
    yield _by_artist(ArtistRow.folded == whole)
    yield _songs().where(_begins(TrackRow.folded, whole))
    if len(whole) < MIN_LETTERS:
        return
    yield _by_artist(ArtistRow.folded.contains(whole, autoescape=True))
    # A question of its own, so that the index alone answers it.
    ids = select(TrackRow.id).where(TrackRow.folded.contains(whole, autoescape=True))
    yield _songs().where(TrackRow.id.in_(ids))


def _of_parts(words: str) -> Iterator[Select[str, str | None, int]]:
    """Yield questions for an artist and a title together, in either order."""
    parts = words.split()[:MAX_PARTED]
    for place in range(1, len(parts)):
        first, last = (fold(" ".join(part)) for part in (parts[:place], parts[place:]))
        for artist, title in ((first, last), (last, first)):
            if artist and title:
                yield _by_artist(ArtistRow.folded.contains(artist, autoescape=True)).where(
                    TrackRow.folded.contains(title, autoescape=True)
                )


def _songs() -> Select[str, str | None, int]:
    # Selected too: what is ordered by must be, where rows are distinct.
    asked = select(TrackRow.key, TrackRow.folded, TrackRow.id)
    return asked.order_by(TrackRow.folded, TrackRow.id)


def _by_artist(which: ColumnElement[bool]) -> Select[str, str | None, int]:
    """Return the question for the songs of some artists, of whom the shortest names count."""
    artists = (
        select(ArtistRow.id)
        .where(which)
        .order_by(func.length(ArtistRow.folded), ArtistRow.id)
        .limit(MAX_ARTISTS)
        .subquery()
    )
    credited = select(CreditRow.track_id).join(artists, artists.c.id == CreditRow.artist_id)
    return _songs().where(TrackRow.id.in_(credited))


def _begins(column: _Folded, letters: str) -> ColumnElement[bool]:
    return (column >= letters) & (column < letters + _LAST)
