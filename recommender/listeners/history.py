"""Read access to the stored data of one listener: moods, opened songs, opinions, full export.

Complements `recommender.listeners.store`, which writes it. Thread-safe.
"""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, desc, func, select

from recommender.db import tables
from recommender.db.engine import database_errors
from recommender.taste import Verdict
from recommender.text import fold

# Row ids mean nothing outside the database, and file paths are the owner's business.
_INNER = frozenset({"id", "listener_id", "path", "stamp"})
_LISTS = ("quadrants", "feelings")


@dataclass(frozen=True, slots=True)
class MoodMoment:
    """A stored mood.

    Attributes
    ----------
    at : datetime, UTC (timezone-aware)
    feeling : str, one of `recommender.mood.FEELINGS`
    valence, energy : float, −1..1 and 0..1
    confidence : float, 0..1
    """

    at: datetime
    feeling: str
    valence: float
    energy: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Opened:
    """A song of the catalogue or the library, and how often it was opened (at least once)."""

    track_id: str
    title: str
    artists: tuple[str, ...]
    times: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A listener's last verdict on a song.

    Attributes
    ----------
    title : str, None when the song is no longer in the database, and for Spotify's songs
    artist : str, the first one
    at : datetime, UTC (timezone-aware)
    """

    track_id: str
    title: str | None
    artist: str
    verdict: Verdict
    at: datetime


class History:
    """The stored data of every listener.

    For an unknown listener, every method returns an empty result. Every method raises
    `recommender.errors.Unavailable` when the database cannot be used.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def moods(self, listener: str, since: datetime) -> list[MoodMoment]:
        """Return the moods since a time (timezone-aware), oldest first."""
        asked = (
            select(tables.MoodRow.__table__)
            .where(tables.MoodRow.listener_id == listener)
            .where(tables.MoodRow.at >= since.astimezone(UTC).replace(tzinfo=None))
            .order_by(tables.MoodRow.at, tables.MoodRow.id)
        )
        with database_errors(), self._engine.connect() as connection:
            return [
                MoodMoment(_aware(row.at), row.feeling, row.valence, row.energy, row.confidence)
                for row in connection.execute(asked)
            ]

    def most_opened(self, listener: str, limit: int) -> list[Opened]:
        """Return the most opened songs, most often opened first, without those no longer stored."""
        times, shown = func.sum(tables.ImpressionRow.opened), tables.ImpressionRow.track_key
        title = func.coalesce(tables.TrackRow.title, tables.RecordingRow.title)
        asked = (
            select(
                shown.label("key"),
                title.label("title"),
                tables.RecordingRow.artist.label("artist"),
                times.label("times"),
            )
            .join(tables.TrackRow, tables.TrackRow.key == shown, isouter=True)
            .join(tables.RecordingRow, tables.RecordingRow.key == shown, isouter=True)
            .where(tables.ImpressionRow.listener_id == listener, tables.ImpressionRow.opened > 0)
            .where(title.is_not(None))
            .group_by(shown, title, tables.RecordingRow.artist)
            .order_by(desc(times), title, shown)
            .limit(limit)
        )
        with database_errors(), self._engine.connect() as connection:
            rows = connection.execute(asked).all()
            credited = (
                select(tables.TrackRow.key, tables.ArtistRow.name)
                .join(tables.CreditRow, tables.CreditRow.track_id == tables.TrackRow.id)
                .join(tables.ArtistRow, tables.ArtistRow.id == tables.CreditRow.artist_id)
                .where(tables.TrackRow.key.in_([row.key for row in rows]))
                .order_by(tables.CreditRow.position)
            )
            # A recording has all its artists in one text.
            artists = defaultdict(list, {row.key: [row.artist] for row in rows if row.artist})
            for key, name in connection.execute(credited):
                artists[key].append(name)
        # Servers return a sum as a decimal.
        return [Opened(row.key, row.title, tuple(artists[row.key]), int(row.times)) for row in rows]

    def opinions(self, listener: str) -> list[Judgement]:
        """Return the verdicts on songs, newest first."""
        asked = _with_title(tables.OpinionRow, listener).order_by(
            desc(tables.OpinionRow.at), tables.OpinionRow.track_key
        )
        with database_errors(), self._engine.connect() as connection:
            return [
                Judgement(
                    row.track_key, row.title, row.artist, Verdict(row.verdict), _aware(row.at)
                )
                for row in connection.execute(asked)
            ]

    def banned_artists(self, listener: str) -> list[str]:
        """Return the banned artists in alphabetical order."""
        asked = select(tables.BannedArtistRow.name).where(
            tables.BannedArtistRow.listener_id == listener
        )
        with database_errors(), self._engine.connect() as connection:
            return sorted(connection.scalars(asked), key=fold)

    def export(self, listener: str) -> dict[str, Any]:
        """Return everything that is stored about a listener, ready for JSON. Times are UTC.

        The export is for people and other programs; Moodring cannot import it.
        """
        of_listener = select(tables.ListenerRow.__table__).where(tables.ListenerRow.id == listener)
        rows = {
            "moods": select(tables.MoodRow.__table__)
            .where(tables.MoodRow.listener_id == listener)
            .order_by(tables.MoodRow.at, tables.MoodRow.id),
            "opinions": _with_title(tables.OpinionRow, listener).order_by(
                tables.OpinionRow.at, tables.OpinionRow.track_key
            ),
            "banned_artists": select(tables.BannedArtistRow.__table__)
            .where(tables.BannedArtistRow.listener_id == listener)
            .order_by(tables.BannedArtistRow.name),
            "corrections": select(tables.CorrectionRow.__table__)
            .where(tables.CorrectionRow.listener_id == listener)
            .order_by(
                tables.CorrectionRow.read_as,
                tables.CorrectionRow.level,
                tables.CorrectionRow.truly,
            ),
            "hearings": _with_title(tables.ImpressionRow, listener).order_by(
                tables.ImpressionRow.day, tables.ImpressionRow.track_key
            ),
            "recordings": select(tables.RecordingRow.__table__)
            .where(tables.RecordingRow.listener_id == listener)
            .order_by(
                tables.RecordingRow.artist, tables.RecordingRow.title, tables.RecordingRow.key
            ),
        }
        with database_errors(), self._engine.connect() as connection:
            known = connection.execute(of_listener).one_or_none()
            return {
                "keeps_history": known is not None and bool(known.keeps_history),
                "last_here_on": None if known is None else known.seen_on.isoformat(),
            } | {name: _plain(connection, asked) for name, asked in rows.items()}


def _with_title(
    table: type[tables.OpinionRow | tables.ImpressionRow], listener: str
) -> Select[Any]:
    """Select a listener's rows with the songs' titles, which are null when the songs are gone."""
    titles = (
        select(songs.title).where(songs.key == table.track_key).scalar_subquery()
        for songs in (tables.TrackRow, tables.RecordingRow)
    )
    title = func.coalesce(*titles).label("title")
    return select(table.__table__, title).where(table.listener_id == listener)


def _plain(connection: Connection, asked: Select[Any]) -> list[dict[str, object]]:
    """Return rows as values that JSON can represent."""
    return [
        {name: _written(name, value) for name, value in row.items() if name not in _INNER}
        for row in connection.execute(asked).mappings()
    ]


def _written(name: str, value: object) -> object:
    if name in _LISTS and isinstance(value, str):
        return json.loads(value)
    if isinstance(value, datetime):
        return _aware(value).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _aware(at: datetime) -> datetime:
    """Return a time of the database as timezone-aware UTC."""
    return at.replace(tzinfo=UTC)
