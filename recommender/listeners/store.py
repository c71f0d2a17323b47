"""Stored data of each listener: likes, bans, corrections, songs shown lately, moods if they like.

A listener is a random token in one browser's cookie. The database holds only a digest of it, so
that nobody who reads the database can impersonate a listener.
"""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from detectors.types import EMOTIONS
from recommender import taste
from recommender.db.app_state import EARLIEST_DAY, note_day, oldest_kept
from recommender.db.engine import database_errors, write_transaction
from recommender.db.tables import (
    BannedArtistRow,
    CorrectionRow,
    ImpressionRow,
    ListenerRow,
    MoodRow,
    OpinionRow,
)
from recommender.text import fold
from recommender.types import MAX_TEXT_LENGTH, Mood, SourceName, Track

# Days for which "Skip for now" excludes a song; afterwards it only counts in the taste.
SKIP_DAYS = 1
# Retention period of the mood history.
KEPT_DAYS = 366
# Browsers keep a cookie no longer than this.
FORGOTTEN_AFTER_DAYS = 400
TOKEN_BYTES = 16


def new_token() -> str:
    """Return a new random token for a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def id_of(token: str) -> str:
    """Return the listener's id in the database: a digest of the token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Listeners:
    """All listeners of a database. Thread-safe.

    Every method raises `recommender.errors.Unavailable` when the database cannot be used; those
    that note impressions, clicks or moods also when another writer holds the lock for longer than
    `recommender.db.engine.BRIEF_SECONDS`.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The engine, for other tables in the same database."""
        return self._engine

    def has(self, listener: str) -> bool:
        """Return whether anything is stored about a listener."""
        with database_errors(), self._engine.connect() as connection:
            asked = select(ListenerRow.id).where(ListenerRow.id == listener)
            return connection.scalar(asked) is not None

    def known(
        self, listener: str, now: datetime, before: taste.Listener = taste.NOBODY
    ) -> taste.Listener:
        """Return what is known about a listener; `NOBODY` when nothing is stored.

        Parameters
        ----------
        now : datetime, timezone-aware, as in all methods
        before : Listener, an earlier result, which saves learning the taste from scratch
        """
        today = now.astimezone(UTC).date()
        with database_errors(), self._engine.connect() as connection:
            keeps = connection.scalar(
                select(ListenerRow.keeps_history).where(ListenerRow.id == listener)
            )
            if keeps is None:
                return taste.NOBODY
            opinions = connection.execute(
                select(OpinionRow.__table__)
                .where(OpinionRow.listener_id == listener)
                .order_by(OpinionRow.at, OpinionRow.track_key)
            ).all()
            banned = connection.scalars(
                select(BannedArtistRow.name).where(BannedArtistRow.listener_id == listener)
            ).all()
            corrected = connection.execute(
                select(CorrectionRow.__table__).where(CorrectionRow.listener_id == listener)
            ).all()
            shown = connection.execute(
                select(ImpressionRow.track_key, func.max(ImpressionRow.day))
                .where(
                    ImpressionRow.listener_id == listener,
                    ImpressionRow.day.between(_first_day(now), today),
                )
                .group_by(ImpressionRow.track_key)
            ).all()
        lately = _stamp(now) - timedelta(days=SKIP_DAYS)
        liked = [row for row in opinions if row.verdict == taste.Verdict.LIKE]
        out = {
            row.track_key
            for row in opinions
            if row.verdict == taste.Verdict.BAN
            or (row.verdict == taste.Verdict.SKIP and row.at > lately)
        }
        return taste.Listener(
            taste=taste.Taste.learned(
                [
                    taste.Opinion(
                        taste.Traits(row.artist, row.genre, row.language, row.valence, row.energy),
                        taste.Verdict(row.verdict),
                    )
                    for row in opinions
                    # Spotify's terms: no model may be trained on its content.
                    if row.source != SourceName.SPOTIFY
                ],
                before.taste,
            ),
            liked=frozenset(row.track_key for row in liked),
            liked_artists=frozenset(fold(row.artist) for row in liked),
            without=frozenset(out),
            without_artists=frozenset(map(fold, banned)),
            shown_days_ago={key: (today - day).days for key, day in shown},
            corrections={
                (row.read_as, row.level, row.truly): row.times
                for row in corrected
                # A restored backup may hold other words.
                if {row.read_as, row.truly} <= set(EMOTIONS)
            },
            keeps_history=keeps,
        )

    def judge(
        self, listener: str, track: Track, verdict: taste.Verdict | None, now: datetime
    ) -> None:
        """Store a listener's verdict on a track, replacing an earlier one.

        Parameters
        ----------
        verdict : Verdict, or None to delete it
        """
        of_track = OpinionRow.listener_id == listener, OpinionRow.track_key == track.source_id
        with database_errors(), write_transaction(self._engine) as connection:
            ensure_listener(connection, listener, now)
            connection.execute(delete(OpinionRow).where(*of_track))
            if verdict is None:
                return
            traits = taste.traits_of(track)
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
        """Delete a listener's verdict on a track that may no longer exist."""
        with database_errors(), write_transaction(self._engine) as connection:
            connection.execute(
                delete(OpinionRow).where(
                    OpinionRow.listener_id == listener, OpinionRow.track_key == track_id
                )
            )

    def ban_artist(self, listener: str, track: Track, now: datetime) -> None:
        """Ban a track's first artist for a listener."""
        name = track.artists[0][:MAX_TEXT_LENGTH]
        with database_errors(), write_transaction(self._engine) as connection:
            ensure_listener(connection, listener, now)
            _allow(connection, listener, name)
            ban = {"listener_id": listener, "name": name, "source": track.source.value}
            connection.execute(insert(BannedArtistRow), ban)

    def allow_artist(self, listener: str, name: str) -> None:
        """Lift the ban of an artist."""
        with database_errors(), write_transaction(self._engine) as connection:
            _allow(connection, listener, name)

    def correct(
        self, listener: str, answer: tuple[str, int, str], times: int, now: datetime
    ) -> None:
        """Count that a face read as an emotion, at a level, truly showed another, or the same.

        Parameters
        ----------
        times : int, added to the count; less than 0 to take answers back
        """
        read_as, level, truly = answer
        same = (
            CorrectionRow.listener_id == listener,
            CorrectionRow.read_as == read_as,
            CorrectionRow.level == level,
            CorrectionRow.truly == truly,
        )
        with database_errors(), write_transaction(self._engine) as connection:
            if times > 0:
                ensure_listener(connection, listener, now)
            counted = times + (connection.scalar(select(CorrectionRow.times).where(*same)) or 0)
            connection.execute(delete(CorrectionRow).where(*same))
            if counted > 0:
                kept = {"read_as": read_as, "level": level, "truly": truly, "times": counted}
                connection.execute(insert(CorrectionRow), kept | {"listener_id": listener})

    def note_shown(self, listener: str, tracks: Iterable[Track], now: datetime) -> None:
        """Record that songs are shown to a listener today, as tiles.

        Spotify's are left out: nothing but opinions is stored about them.
        """
        today = now.astimezone(UTC).date()
        stored = {one.source_id for one in tracks if one.source is not SourceName.SPOTIFY}
        of_listener = ImpressionRow.listener_id == listener
        with database_errors(), write_transaction(self._engine, brief=True) as connection:
            keeps = ensure_listener(connection, listener, now)
            # Without a history, impressions serve a few days only: a wrong clock does no harm.
            oldest = oldest_kept(connection, KEPT_DAYS) if keeps else _first_day(now)
            if oldest is not None:
                connection.execute(
                    delete(ImpressionRow).where(of_listener, ImpressionRow.day < oldest)
                )
            noted = set(
                connection.scalars(
                    select(ImpressionRow.track_key).where(of_listener, ImpressionRow.day == today)
                )
            )
            new = [
                {"listener_id": listener, "track_key": key, "day": today, "opened": 0}
                for key in sorted(stored - noted)
            ]
            if new:
                connection.execute(insert(ImpressionRow), new)

    def note_opened(self, listener: str, track_id: str, now: datetime) -> None:
        """Count a click on a song, if the listener keeps a history."""
        with database_errors(), write_transaction(self._engine, brief=True) as connection:
            if _keeps(connection, listener):
                connection.execute(
                    update(ImpressionRow)
                    .where(
                        ImpressionRow.listener_id == listener,
                        ImpressionRow.track_key == track_id,
                        ImpressionRow.day == now.astimezone(UTC).date(),
                    )
                    .values(opened=ImpressionRow.opened + 1)
                )

    def note_mood(self, listener: str, mood: Mood, feeling: str, now: datetime) -> None:
        """Store a mood, if the listener keeps a history."""
        with database_errors(), write_transaction(self._engine, brief=True) as connection:
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
        """Turn the history of moods and clicks on, or turn it off and delete it."""
        with database_errors(), write_transaction(self._engine) as connection:
            ensure_listener(connection, listener, now)
            of_listener = ListenerRow.id == listener
            connection.execute(update(ListenerRow).where(of_listener).values(keeps_history=keep))
            if not keep:
                connection.execute(delete(MoodRow).where(MoodRow.listener_id == listener))
                shown = ImpressionRow.listener_id == listener
                connection.execute(
                    delete(ImpressionRow).where(shown, ImpressionRow.day < _first_day(now))
                )
                connection.execute(update(ImpressionRow).where(shown).values(opened=0))

    def forget_taste(self, listener: str) -> None:
        """Delete likes, skips and bans."""
        with database_errors(), write_transaction(self._engine) as connection:
            for table in (OpinionRow, BannedArtistRow):
                connection.execute(delete(table).where(table.listener_id == listener))

    def forget_spotify(self, listener: str) -> None:
        """Delete opinions on Spotify's tiles, as its terms require at a disconnect."""
        with database_errors(), write_transaction(self._engine) as connection:
            for table in (OpinionRow, BannedArtistRow):
                connection.execute(
                    delete(table).where(
                        table.listener_id == listener, table.source == SourceName.SPOTIFY.value
                    )
                )

    def delete_everything(self, listener: str) -> None:
        """Delete everything that the database holds about a listener.

        Uploaded files are outside it: see `recommender.library.uploads.delete_uploads`.
        """
        with database_errors(), write_transaction(self._engine) as connection:
            connection.execute(delete(ListenerRow).where(ListenerRow.id == listener))


def drop_forgotten(connection: Connection, now: datetime) -> None:
    """Delete listeners unseen for `FORGOTTEN_AFTER_DAYS`: their cookies have expired.

    A single wrong clock deletes nobody: see `recommender.db.app_state`.
    """
    today = now.astimezone(UTC).date()
    note_day(connection, today)
    if today >= EARLIEST_DAY:
        # Recorded by a wrong clock: the actual day is unknown.
        lost = ListenerRow.seen_on < EARLIEST_DAY
        connection.execute(update(ListenerRow).where(lost).values(seen_on=today))
    last = oldest_kept(connection, FORGOTTEN_AFTER_DAYS)
    if last is not None:
        connection.execute(delete(ListenerRow).where(ListenerRow.seen_on < last))


def ensure_listener(connection: Connection, listener: str, now: datetime) -> bool:
    """Create the listener's row if it is missing, and return whether they keep a history."""
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
    # The day never goes back, whatever the clock does.
    if row.seen_on < today:
        of_listener = ListenerRow.id == listener
        connection.execute(update(ListenerRow).where(of_listener).values(seen_on=today))
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
    return now.astimezone(UTC).date() - timedelta(days=taste.NOVELTY_DAYS)


def _stamp(now: datetime) -> datetime:
    """Return a time as the database stores it: UTC, whole seconds, without a time zone."""
    return now.astimezone(UTC).replace(tzinfo=None, microsecond=0)
