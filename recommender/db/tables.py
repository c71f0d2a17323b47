"""Tables of the database, the same on SQLite, PostgreSQL and MariaDB or MySQL.

A change here needs a migration in ``recommender/db/migrations/versions``; a test compares the two.
"""

from __future__ import annotations

import os
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_to_bytes

import sqlalchemy as sa
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from recommender.types import MAX_TEXT_LENGTH

if TYPE_CHECKING:
    from sqlalchemy import Dialect

KEY_LENGTH = 64
NAME_LENGTH = 100
SPOTIFY_ID_LENGTH = 22
WORD_LENGTH = 16
FOLDED_LENGTH = 100
# Compared by bytes, so that an index finds what begins with some letters.
_FOLDED = sa.String(FOLDED_LENGTH).with_variant(
    sa.String(FOLDED_LENGTH, collation="C"), "postgresql"
)
# MariaDB's default collation ignores case, accents and trailing blanks.
EXACT = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
# Begins a percent-encoded path, and no absolute one.
_ENCODED = "file:"
# MariaDB's TEXT is limited to 64 KiB.
_LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
# A row goes with the one that it belongs to.
_parent = partial(sa.ForeignKey, ondelete="CASCADE")


class PathText(sa.TypeDecorator[str]):
    """A path; one that is not in UTF-8, which no database can store, is kept percent-encoded."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Return what is stored."""
        try:
            (value or "").encode()
        except UnicodeEncodeError:
            return _ENCODED + quote(os.fsencode(value or ""))
        return value

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's
        """Return the path, with bytes that are no text as `os.fsdecode` has them."""
        if value is None or not value.startswith(_ENCODED):
            return value
        return os.fsdecode(unquote_to_bytes(value.removeprefix(_ENCODED)))


class Base(DeclarativeBase):
    """Base class of all tables."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class BatchRow(Base):
    """A batch of songs: the starter table, an import, a playlist. Deletes cascade to its tracks.

    ``sha256`` is that of the table or playlist that the songs were read from.
    """

    __tablename__ = "sources"
    __table_args__ = EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH), unique=True)
    sha256: Mapped[str] = mapped_column(sa.String(KEY_LENGTH))


class TrackRow(Base):
    """A song.

    Attributes
    ----------
    key : str, stable when its table is read again, since likes and bans refer to it
    valence, energy : float, −1..1 and 0..1; None when the source does not say
    tempo : float, beats a minute
    digest : str, of all that is known of the song; None for songs of before it was kept
    spotify_id : str, makes the link to Spotify exact
    folded : str, beginning of the title as `recommender.text.fold` returns it, to be searched
    """

    __tablename__ = "tracks"
    __table_args__ = (
        sa.CheckConstraint("valence BETWEEN -1 AND 1", name="valence"),
        sa.CheckConstraint("energy BETWEEN 0 AND 1", name="energy"),
        sa.Index(None, "valence", "energy"),
        # Titles of a language are searched in the index alone.
        sa.Index(None, "language", "folded"),
        EXACT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), unique=True)
    source_id: Mapped[int] = mapped_column(_parent("sources.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    album: Mapped[str | None] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    language: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    year: Mapped[int | None]
    genre: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    valence: Mapped[float | None] = mapped_column(sa.Double)
    energy: Mapped[float | None] = mapped_column(sa.Double)
    tempo: Mapped[float | None] = mapped_column(sa.Double)
    explicit: Mapped[bool]
    spotify_id: Mapped[str | None] = mapped_column(sa.String(SPOTIFY_ID_LENGTH))
    digest: Mapped[str | None] = mapped_column(sa.String(WORD_LENGTH))
    folded: Mapped[str | None] = mapped_column(_FOLDED, index=True)


class ArtistRow(Base):
    """A singer, player or group; ``folded`` is as in `TrackRow`."""

    __tablename__ = "artists"
    __table_args__ = EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH), unique=True)
    folded: Mapped[str | None] = mapped_column(_FOLDED, index=True)


class CreditRow(Base):
    """An artist of a track, with the position on the cover."""

    __tablename__ = "credits"
    __table_args__ = EXACT

    track_id: Mapped[int] = mapped_column(_parent("tracks.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    artist_id: Mapped[int] = mapped_column(sa.ForeignKey("artists.id"), index=True)


class TagRow(Base):
    """A word on a track: a further genre, a style, an occasion."""

    __tablename__ = "tags"
    __table_args__ = EXACT

    track_id: Mapped[int] = mapped_column(_parent("tracks.id"), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), primary_key=True, index=True)


class OriginRow(Base):
    """The file of an import, so that the import can be repeated.

    Attributes
    ----------
    source : str, name in `BatchRow`
    kind : "table" or "playlist"
    path : str, absolute
    mapping : str, JSON; like language, an option of the import
    """

    __tablename__ = "origins"
    __table_args__ = EXACT

    source: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))
    path: Mapped[str] = mapped_column(sa.Text)
    mapping: Mapped[str] = mapped_column(sa.Text)
    language: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))


class FolderRow(Base):
    """A folder (absolute path) whose tables and playlists are imported, again at each refresh."""

    __tablename__ = "folders"
    __table_args__ = EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(sa.Text)


class ChoiceRow(Base):
    """A key-value setting of this installation, and the last refresh's report."""

    __tablename__ = "choices"
    __table_args__ = EXACT

    name: Mapped[str] = mapped_column(sa.String(NAME_LENGTH), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)


class CachedAnswerRow(Base):
    """A cached response (JSON), keyed by a digest of its request (JSON). Times are UTC."""

    __tablename__ = "cached_answers"
    __table_args__ = EXACT

    key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))
    request: Mapped[str] = mapped_column(sa.Text)
    answer: Mapped[str] = mapped_column(_LONG_TEXT)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AllowanceRow(Base):
    """Requests to a remote source on the last day of use, in the source's own time zone."""

    __tablename__ = "allowances"
    __table_args__ = EXACT

    source: Mapped[str] = mapped_column(sa.String(WORD_LENGTH), primary_key=True)
    day: Mapped[date]
    used: Mapped[int]


class ListenerRow(Base):
    """A listener, identified by their browser's cookie.

    Attributes
    ----------
    id : str, digest of the cookie's random token, which is stored nowhere itself
    keeps_history : bool, whether moods and clicks are stored
    seen_on : date of last use (UTC); long unused rows are deleted
    """

    __tablename__ = "listeners"
    __table_args__ = EXACT

    id: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    keeps_history: Mapped[bool]
    seen_on: Mapped[date]


class _OfListener:
    listener_id: Mapped[str] = mapped_column(_parent("listeners.id"), primary_key=True)


class OpinionRow(_OfListener, Base):
    """A listener's last verdict on a track.

    The traits stay when the track is deleted. For a Spotify track, nothing but the artist's name is
    stored, as Spotify's terms require.

    Attributes
    ----------
    track_key : str, of `TrackRow`, or Spotify's id
    source : one of `recommender.types.SourceName`
    verdict : one of `recommender.taste.Verdict`
    at : datetime, UTC
    """

    __tablename__ = "opinions"
    __table_args__ = EXACT

    track_key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))
    verdict: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))
    at: Mapped[datetime]
    artist: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    genre: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    language: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    valence: Mapped[float | None] = mapped_column(sa.Double)
    energy: Mapped[float | None] = mapped_column(sa.Double)


class BannedArtistRow(_OfListener, Base):
    """An artist whom a listener has banned, and the source of the tile where they did so."""

    __tablename__ = "banned_artists"
    __table_args__ = EXACT

    name: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(sa.String(WORD_LENGTH))


class ImpressionRow(_OfListener, Base):
    """An impression: a track shown to a listener on a day (UTC), and its clicks with a history."""

    __tablename__ = "hearings"
    __table_args__ = EXACT

    track_key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    opened: Mapped[int]


class CorrectionRow(_OfListener, Base):
    """How often a listener gave an answer on readings of their face: `detectors.corrections`."""

    __tablename__ = "corrections"
    __table_args__ = EXACT

    read_as: Mapped[str] = mapped_column(sa.String(WORD_LENGTH), primary_key=True)
    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    truly: Mapped[str] = mapped_column(sa.String(WORD_LENGTH), primary_key=True)
    times: Mapped[int]


class MoodRow(Base):
    """A mood of a listener who keeps a history. The time is UTC."""

    __tablename__ = "moods"
    __table_args__ = EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    listener_id: Mapped[str] = mapped_column(_parent("listeners.id"), index=True)
    at: Mapped[datetime]
    feeling: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    valence: Mapped[float] = mapped_column(sa.Double)
    energy: Mapped[float] = mapped_column(sa.Double)
    confidence: Mapped[float] = mapped_column(sa.Double)


class RecordingRow(Base):
    """An audio file of one owner, with the mood of its music.

    Attributes
    ----------
    key : str, digest of owner and content, so that a correction survives when it is tagged again
    sha256 : str, digest of the file's content
    listener_id : str, the listener who uploaded it; None for the owner's own folders
    path : str, absolute
    stamp : str, size and times of change when the file was read; while they match, it is unchanged
    seconds, tempo : float, duration, and beats a minute as heard; None where not known
    valence, energy : float, the model's, −1..1 and 0..1; None when the file cannot be tagged
    quadrants, feelings : str, JSON lists in the orders of `detectors.types`; None as above
    corrected_valence, corrected_energy : float, a person's; None when not corrected
    model : str, version of the tagger
    problem : str, the reason why the file cannot be tagged, or why it is archived
    tagged_at : datetime, UTC
    """

    __tablename__ = "recordings"
    __table_args__ = (
        sa.CheckConstraint("valence BETWEEN -1 AND 1", name="valence"),
        sa.CheckConstraint("energy BETWEEN 0 AND 1", name="energy"),
        sa.CheckConstraint("corrected_valence BETWEEN -1 AND 1", name="corrected_valence"),
        sa.CheckConstraint("corrected_energy BETWEEN 0 AND 1", name="corrected_energy"),
        sa.Index(None, "valence", "energy"),
        EXACT,
    )

    key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    sha256: Mapped[str] = mapped_column(sa.String(KEY_LENGTH))
    listener_id: Mapped[str | None] = mapped_column(_parent("listeners.id"), index=True)
    path: Mapped[str] = mapped_column(PathText)
    size: Mapped[int] = mapped_column(sa.BigInteger)
    stamp: Mapped[str] = mapped_column(sa.String(KEY_LENGTH))
    title: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    artist: Mapped[str] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    album: Mapped[str | None] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    year: Mapped[int | None]
    genre: Mapped[str | None] = mapped_column(sa.String(NAME_LENGTH))
    seconds: Mapped[float | None] = mapped_column(sa.Double)
    valence: Mapped[float | None] = mapped_column(sa.Double)
    energy: Mapped[float | None] = mapped_column(sa.Double)
    quadrants: Mapped[str | None] = mapped_column(sa.Text)
    feelings: Mapped[str | None] = mapped_column(sa.Text)
    tempo: Mapped[float | None] = mapped_column(sa.Double)
    corrected_valence: Mapped[float | None] = mapped_column(sa.Double)
    corrected_energy: Mapped[float | None] = mapped_column(sa.Double)
    model: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    problem: Mapped[str | None] = mapped_column(sa.String(MAX_TEXT_LENGTH))
    tagged_at: Mapped[datetime]


class WatchedFolderRow(Base):
    """A folder (absolute path) of the owner's music that is scanned for changes."""

    __tablename__ = "watched_folders"
    __table_args__ = EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(sa.Text)


class HeardSongRow(Base):
    """A point heard in a song of the owner's music server; a digest stands for its address."""

    __tablename__ = "heard_songs"
    __table_args__ = EXACT

    key: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), primary_key=True)
    server: Mapped[str] = mapped_column(sa.String(KEY_LENGTH), index=True)
    model: Mapped[str] = mapped_column(sa.String(NAME_LENGTH))
    valence: Mapped[float | None] = mapped_column(sa.Double)
    energy: Mapped[float | None] = mapped_column(sa.Double)
