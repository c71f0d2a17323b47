"""The catalogue as a visitor browses it: songs around a point, by name, and a sample of all.

Every function raises `recommender.errors.Unavailable` when the database cannot be used. Names are
compared as `recommender.text.fold` returns them: without case, accents, blanks and punctuation.
The index of titles finds what begins with some letters; what holds them elsewhere is looked for in
the index itself, which is much smaller than the songs, and only while fewer songs than wanted are
found.
"""

from collections.abc import Iterator, Sequence
from typing import TypeAlias

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    FromClause,
    Select,
    func,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute

from recommender.catalogue.nearest import nearest
from recommender.catalogue.store import languages_of, tracks_of
from recommender.catalogue.writer import folded
from recommender.db.engine import database_errors
from recommender.db.tables import ArtistRow, Base, CreditRow, TrackRow
from recommender.text import visible
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
_ARTISTS = Base.metadata.tables[ArtistRow.__tablename__]
_Languages: TypeAlias = Sequence[str | None]
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
        ids: dict[int, None] = {}
        # Signs that no database stores are left out.
        words = visible(words)
        for questions in (_of_whole(words, names), _of_parts(words, names)):
            for asked in questions:
                # Some of them may have been found before.
                ids |= dict.fromkeys(connection.scalars(asked.limit(limit + len(ids))))
                if len(ids) >= limit:
                    break
            # An artist and a title are only told apart where they are no name as a whole.
            if ids:
                break
        first = list(ids)[:limit]
        asked_keys = select(TrackRow.id, TrackRow.key).where(TrackRow.id.in_(first))
        keys = {row.id: row.key for row in connection.execute(asked_keys)}
        return tracks_of(connection, [keys[one] for one in first])


def _languages(connection: Connection, language: str | None) -> list[str | None]:
    """Return the catalogue's names of a language; [None] for any."""
    if language is None:
        return [None]
    return [name for name in languages_of(connection) if visible(name) == language]


def _of_whole(words: str, languages: _Languages) -> Iterator[Select[int]]:
    """Yield questions for titles and artists of that name, the best first."""
    whole = folded(words)
    if not whole:
        return
    yield _sung(_credited(_ARTISTS, _ARTISTS.c.folded == whole), languages)
    yield _titled((TrackRow.folded >= whole) & (TrackRow.folded < whole + _LAST), languages)
    if len(whole) < MIN_LETTERS:
        return
    yield _sung(_credited(_ARTISTS, _is_named(_ARTISTS, whole)), languages)
    yield _titled(_holds(TrackRow.folded, whole), languages)


def _of_parts(words: str, languages: _Languages) -> Iterator[Select[int]]:
    """Yield the question for an artist and a title together, in either order."""
    parts = words.split()[:MAX_PARTED]
    parted = [
        [folded(" ".join(part)) for part in (parts[:place], parts[place:])]
        for place in range(1, len(parts))
    ]
    pairs = [(one, other) for pair in parted for one, other in (pair, pair[::-1]) if all(pair)]
    if not pairs:
        return
    names = dict.fromkeys(artist for artist, _ in pairs)
    long = [one for one in names if len(one) >= MIN_LETTERS]
    # All artists are gone through once, for the words that other names hold.
    least = [one for one in names if not any(other in one for other in long if other != one)]
    near = (
        select(_ARTISTS.c.id, _ARTISTS.c.folded)
        .where(or_(*(_is_named(_ARTISTS, one) for one in least)))
        .cte()
    )
    found = (
        _credited(near, _is_named(near, artist))
        .join(TrackRow, TrackRow.id == CreditRow.track_id)
        .where(_holds(TrackRow.folded, title))
        for artist, title in pairs
    )
    yield _sung(union(*found), languages)


def _titled(which: ColumnElement[bool], languages: _Languages) -> Select[int]:
    """Return the question for songs by their titles, which the indexes alone answer."""
    asked = select(TrackRow.id).where(which).order_by(TrackRow.folded, TrackRow.id)
    return asked if languages == [None] else asked.where(TrackRow.language.in_(languages))


def _sung(ids: Select[int] | CompoundSelect[int], languages: _Languages) -> Select[int]:
    """Return the question for songs by their numbers."""
    asked = select(TrackRow.id).where(TrackRow.id.in_(ids))
    asked = asked.order_by(TrackRow.folded, TrackRow.id)
    # By no index of languages: SQLite would read all songs of one.
    spoken = func.coalesce(TrackRow.language, "")
    return asked if languages == [None] else asked.where(spoken.in_(languages))


def _credited(artists: FromClause, which: ColumnElement[bool]) -> Select[int]:
    """Return the question for the songs of some artists, of whom the shortest names count."""
    best = (
        select(artists.c.id)
        .where(which)
        .order_by(func.length(artists.c.folded), artists.c.id)
        .limit(MAX_ARTISTS)
        .subquery()
    )
    return select(CreditRow.track_id).join(best, best.c.id == CreditRow.artist_id)


def _is_named(artists: FromClause, letters: str) -> ColumnElement[bool]:
    """Return whether artists have a name with these letters; one letter must be the whole name."""
    name = artists.c.folded
    return name == letters if len(letters) < MIN_LETTERS else _holds(name, letters)


def _holds(column: ColumnElement[str] | _Folded, letters: str) -> ColumnElement[bool]:
    return column.contains(letters, autoescape=True)
