"""What belongs to one listener: likes, bans, songs heard lately, and moods if they want that.

A listener is a random word in one browser's cookie. The database knows a digest of it only, so
that nobody who reads the database can pass for a listener.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from recommender.database import answering, writing
from recommender.days_of_use import EARLIEST_DAY, note_day, oldest_kept
from recommender.names import fold
from recommender.tables import (
    BannedArtistRow,
    HearingRow,
    ListenerRow,
    MoodRow,
    OpinionRow,
)
from recommender.taste import Opinion, Taste, Traits, Verdict
from recommender.types import MAX_TEXT_LENGTH, SourceName

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection, Engine

    from recommender.types import Mood, Track

# A song counts as heard lately for so long.
NOVELTY_DAYS = 7
# "Not now" leaves a song out for so long; afterwards it counts in the taste alone.
SKIP_DAYS = 1
# A history is no archive.
KEPT_DAYS = 366
# As long as browsers keep a cookie at most.
FORGOTTEN_AFTER_DAYS = 400
TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Listener:
    """What choosing songs needs to know of a listener.

    taste : learned from opinions on songs of the catalogue and the library
    liked, without : ids of tracks liked, and of those that must not come
    liked_artists, without_artists : as `recommender.names.fold` writes them
    heard : days since a song was among the tiles, 0..`NOVELTY_DAYS`
    keeps_history : whether moods are kept
    """

    taste: Taste = field(default_factory=lambda: Taste.learned(()))
    liked: frozenset[str] = frozenset()
    liked_artists: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    without_artists: frozenset[str] = frozenset()
    heard: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    keeps_history: bool = False


NOBODY = Listener()


def new_token() -> str:
    """Return a random word for a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def id_of(token: str) -> str:
    """Return what the database calls the listener with this cookie."""
    return hashlib.sha256(token.encode()).hexdigest()


def traits_of(track: Track) -> Traits:
    """Return what taste can be about in a track."""
    return Traits(track.artists[0], track.genre, track.language, track.valence, track.energy)


class Listeners:
    """All listeners of a database. Any number of threads may use it at once.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used; those
    that note something do so, too, when another writer is not done within
    `recommender.database.BRIEF_SECONDS`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The database."""
        return self._engine

    def has(self, listener: str) -> bool:
        """Return whether anything is kept of a listener."""
        with answering(), self._engine.connect() as connection:
            asked = select(ListenerRow.id).where(ListenerRow.id == listener)
            return connection.scalar(asked) is not None

    def known(self, listener: str, now: datetime, before: Listener = NOBODY) -> Listener:
        """Return what is known of a listener, `NOBODY` where there is nothing.

        now : with its time zone, as everywhere here
        before : what was known of them; spares learning their taste from scratch
        """
        today = now.astimezone(UTC).date()
        with answering(), self._engine.connect() as connection:
            keeps = connection.scalar(
                select(ListenerRow.keeps_history).where(ListenerRow.id == listener)
            )
            if keeps is None:
                return NOBODY
            opinions = connection.execute(
                select(OpinionRow.__table__)
                .where(OpinionRow.listener_id == listener)
                .order_by(OpinionRow.at, OpinionRow.track_key)
            ).all()
            banned = connection.scalars(
                select(BannedArtistRow.name).where(BannedArtistRow.listener_id == listener)
            ).all()
            heard = connection.execute(
                select(HearingRow.track_key, func.max(HearingRow.day))
                .where(
                    HearingRow.listener_id == listener,
                    HearingRow.day.between(_first_day(now), today),
                )
                .group_by(HearingRow.track_key)
            ).all()
        lately = _stamp(now) - timedelta(days=SKIP_DAYS)
        liked = [row for row in opinions if row.verdict == Verdict.LIKE]
        out = {
            row.track_key
            for row in opinions
            if row.verdict == Verdict.BAN or (row.verdict == Verdict.SKIP and row.at > lately)
        }
        return Listener(
            taste=Taste.learned(
                [
                    Opinion(
                        Traits(row.artist, row.genre, row.language, row.valence, row.energy),
                        Verdict(row.verdict),
                    )
                    for row in opinions
                    # Spotify's terms: nothing of theirs may teach a model.
                    if row.source != SourceName.SPOTIFY
                ],
                before.taste,
            ),
            liked=frozenset(row.track_key for row in liked),
            liked_artists=frozenset(fold(row.artist) for row in liked),
            without=frozenset(out),
            without_artists=frozenset(map(fold, banned)),
            heard={key: (today - day).days for key, day in heard},
            keeps_history=keeps,
        )

    def judge(self, listener: str, track: Track, verdict: Verdict | None, now: datetime) -> None:
        """Note what a listener says of a track, in the place of what they said before.

        verdict : None takes it back
        """
        theirs = OpinionRow.listener_id == listener, OpinionRow.track_key == track.source_id
        with answering(), writing(self._engine) as connection:
            greet(connection, listener, now)
            connection.execute(delete(OpinionRow).where(*theirs))
            if verdict is None:
                return
            traits = traits_of(track)
            opinion: dict[str, object] = {
                "listener_id": listener,
                "track_key": track.source_id,
                "source": track.source.value,
                "verdict": verdict.value,
                "at": _stamp(now),
                "artist": traits.artist,
            }
            if track.source is not SourceName.SPOTIFY:
                opinion |= {
                    "genre": traits.genre,
                    "language": traits.language,
                    "valence": traits.valence,
                    "energy": traits.energy,
                }
            connection.execute(insert(OpinionRow), opinion)

    def take_back(self, listener: str, track_id: str) -> None:
        """Forget what a listener said of a track, be it that its table has gone since."""
        with answering(), writing(self._engine) as connection:
            connection.execute(
                delete(OpinionRow).where(
                    OpinionRow.listener_id == listener, OpinionRow.track_key == track_id
                )
            )

    def ban_artist(self, listener: str, track: Track, now: datetime) -> None:
        """Note that a listener never wants to hear a track's first artist again."""
        name = track.artists[0][:MAX_TEXT_LENGTH]
        with answering(), writing(self._engine) as connection:
            greet(connection, listener, now)
            _allow(connection, listener, name)
            ban = {"listener_id": listener, "name": name, "source": track.source.value}
            connection.execute(insert(BannedArtistRow), ban)

    def allow_artist(self, listener: str, name: str) -> None:
        """Take the ban of an artist back."""
        with answering(), writing(self._engine) as connection:
            _allow(connection, listener, name)

    def note_heard(self, listener: str, tracks: Iterable[Track], now: datetime) -> None:
        """Note that songs are among a listener's tiles today.

        Spotify's are left out: nothing is kept of them but an opinion.
        """
        today = now.astimezone(UTC).date()
        ours = {one.source_id for one in tracks if one.source is not SourceName.SPOTIFY}
        hers = HearingRow.listener_id == listener
        with answering(), writing(self._engine, brief=True) as connection:
            keeps = greet(connection, listener, now)
            # Without a history they serve for some days only, whatever the clock shows then.
            oldest = oldest_kept(connection, KEPT_DAYS) if keeps else _first_day(now)
            if oldest is not None:
                connection.execute(delete(HearingRow).where(hers, HearingRow.day < oldest))
            noted = set(
                connection.scalars(
                    select(HearingRow.track_key).where(hers, HearingRow.day == today)
                )
            )
            new = [
                {"listener_id": listener, "track_key": key, "day": today, "opened": 0}
                for key in sorted(ours - noted)
            ]
            if new:
                connection.execute(insert(HearingRow), new)

    def note_opened(self, listener: str, track_id: str, now: datetime) -> None:
        """Count that a song was opened, if the listener keeps a history."""
        with answering(), writing(self._engine, brief=True) as connection:
            if _keeps(connection, listener):
                connection.execute(
                    update(HearingRow)
                    .where(
                        HearingRow.listener_id == listener,
                        HearingRow.track_key == track_id,
                        HearingRow.day == now.astimezone(UTC).date(),
                    )
                    .values(opened=HearingRow.opened + 1)
                )

    def note_mood(self, listener: str, mood: Mood, feeling: str, now: datetime) -> None:
        """Note a mood, if the listener keeps a history."""
        with answering(), writing(self._engine, brief=True) as connection:
            if not _keeps(connection, listener):
                return
            oldest = oldest_kept(connection, KEPT_DAYS)
            if oldest is not None:
                old = MoodRow.at < datetime.combine(oldest, time())
                connection.execute(delete(MoodRow).where(MoodRow.listener_id == listener, old))
            connection.execute(
                insert(MoodRow),
                {
                    "listener_id": listener,
                    "at": _stamp(now),
                    "feeling": feeling,
                    "valence": mood.valence,
                    "energy": mood.energy,
                    "confidence": mood.confidence,
                },
            )

    def keep_history(self, listener: str, now: datetime, *, keep: bool) -> None:
        """Begin to keep moods and openings, or stop it and delete what was kept."""
        with answering(), writing(self._engine) as connection:
            greet(connection, listener, now)
            hers = ListenerRow.id == listener
            connection.execute(update(ListenerRow).where(hers).values(keeps_history=keep))
            if not keep:
                connection.execute(delete(MoodRow).where(MoodRow.listener_id == listener))
                ours = HearingRow.listener_id == listener
                connection.execute(delete(HearingRow).where(ours, HearingRow.day < _first_day(now)))
                connection.execute(update(HearingRow).where(ours).values(opened=0))

    def forget_taste(self, listener: str) -> None:
        """Delete likes, skips and bans."""
        with answering(), writing(self._engine) as connection:
            for table in (OpinionRow, BannedArtistRow):
                connection.execute(delete(table).where(table.listener_id == listener))

    def forget_spotify(self, listener: str) -> None:
        """Delete what was said on Spotify's tiles, as its terms ask at a disconnect."""
        with answering(), writing(self._engine) as connection:
            for table in (OpinionRow, BannedArtistRow):
                connection.execute(
                    delete(table).where(
                        table.listener_id == listener, table.source == SourceName.SPOTIFY.value
                    )
                )

    def delete_everything(self, listener: str) -> None:
        """Delete all that the database knows of a listener.

        Files that they dropped lie beside it: `recommender.library.dropped.delete_dropped`.
        """
        with answering(), writing(self._engine) as connection:
            connection.execute(delete(ListenerRow).where(ListenerRow.id == listener))


def drop_forgotten(connection: Connection, now: datetime) -> None:
    """Delete listeners who have not been here for so long that their cookie has gone.

    One wrong clock deletes nobody: see `recommender.days_of_use`.
    """
    today = now.astimezone(UTC).date()
    note_day(connection, today)
    if today >= EARLIEST_DAY:
        # Seen by a clock that was wrong: when, nobody knows.
        lost = ListenerRow.seen_on < EARLIEST_DAY
        connection.execute(update(ListenerRow).where(lost).values(seen_on=today))
    last = oldest_kept(connection, FORGOTTEN_AFTER_DAYS)
    if last is not None:
        connection.execute(delete(ListenerRow).where(ListenerRow.seen_on < last))


def greet(connection: Connection, listener: str, now: datetime) -> bool:
    """Make the listener's row where it is missing, and return whether they keep a history."""
    today = now.astimezone(UTC).date()
    asked = select(ListenerRow.keeps_history, ListenerRow.seen_on).where(ListenerRow.id == listener)
    row = connection.execute(asked).one_or_none()
    if row is None:
        drop_forgotten(connection, now)
        new = {"id": listener, "keeps_history": False, "seen_on": today}
        connection.execute(insert(ListenerRow), new)
        return False
    if row.seen_on != today:
        note_day(connection, today)
    # It never goes back, whatever the clock does.
    if row.seen_on < today:
        hers = ListenerRow.id == listener
        connection.execute(update(ListenerRow).where(hers).values(seen_on=today))
    return bool(row.keeps_history)


def _keeps(connection: Connection, listener: str) -> bool:
    asked = select(ListenerRow.keeps_history).where(ListenerRow.id == listener)
    return bool(connection.scalar(asked))


def _allow(connection: Connection, listener: str, name: str) -> None:
    connection.execute(
        delete(BannedArtistRow).where(
            BannedArtistRow.listener_id == listener, BannedArtistRow.name == name
        )
    )


def _first_day(now: datetime) -> date:
    return now.astimezone(UTC).date() - timedelta(days=NOVELTY_DAYS)


def _stamp(now: datetime) -> datetime:
    """Return a time as the database keeps it: UTC, whole seconds, without a zone."""
    return now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
