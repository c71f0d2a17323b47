"""The tables of the database, the same on SQLite, PostgreSQL and MariaDB or MySQL.

A change here needs a migration in ``recommender/migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Text,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from recommender.types import MAX_TEXT_LENGTH

KEY_LENGTH = 64
NAME_LENGTH = 100
SPOTIFY_ID_LENGTH = 22
WORD_LENGTH = 16
# MariaDB compares without regard to case, accents and trailing blanks unless it is told.
_EXACT = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}
# MariaDB's own TEXT ends at 64 KiB.
_LONG_TEXT = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class SourceRow(Base):
    """Where rows came from, and with what they go: the starter table, an import, a folder.

    sha256 : of the table that the rows were read from
    """

    __tablename__ = "sources"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH), unique=True)
    sha256: Mapped[str] = mapped_column(String(KEY_LENGTH))


class TrackRow(Base):
    """One song.

    key : stays the same when its table is read again, so that likes and bans keep their aim
    valence, energy : place in the plane, −1..1 and 0..1; None where the source does not say
    tempo : beats a minute
    spotify_id : of the track there, which makes its link exact
    """

    __tablename__ = "tracks"
    __table_args__ = (
        CheckConstraint("valence BETWEEN -1 AND 1", name="valence"),
        CheckConstraint("energy BETWEEN 0 AND 1", name="energy"),
        Index(None, "valence", "energy"),
        _EXACT,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_LENGTH), unique=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH))
    album: Mapped[str | None] = mapped_column(String(MAX_TEXT_LENGTH))
    language: Mapped[str | None] = mapped_column(String(NAME_LENGTH), index=True)
    year: Mapped[int | None]
    genre: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    valence: Mapped[float | None] = mapped_column(Double)
    energy: Mapped[float | None] = mapped_column(Double)
    tempo: Mapped[float | None] = mapped_column(Double)
    explicit: Mapped[bool]
    spotify_id: Mapped[str | None] = mapped_column(String(SPOTIFY_ID_LENGTH))
    credits: Mapped[list[CreditRow]] = relationship(
        order_by="CreditRow.position", passive_deletes=True
    )


class ArtistRow(Base):
    """Someone who sings or plays."""

    __tablename__ = "artists"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH), unique=True)


class CreditRow(Base):
    """An artist of a track, in the order of the cover."""

    __tablename__ = "credits"
    __table_args__ = _EXACT

    track_id: Mapped[int] = mapped_column(
        ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    artist_id: Mapped[int] = mapped_column(ForeignKey("artists.id"), index=True)
    artist: Mapped[ArtistRow] = relationship(lazy="joined")


class ImportRow(Base):
    """An import that has begun and not ended: its rows wait in `StagedRow`.

    source : whose songs they will replace
    version : of the table and of how it is read; another one begins anew
    line : the last line that waits
    """

    __tablename__ = "imports"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH), unique=True)
    version: Mapped[str] = mapped_column(String(KEY_LENGTH))
    line: Mapped[int]


class StagedRow(Base):
    """A row of an import, or why it is none.

    content : JSON, of the song; of the cells as they were, when there is a problem
    """

    __tablename__ = "staged_rows"
    __table_args__ = _EXACT

    import_id: Mapped[int] = mapped_column(
        ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    problem: Mapped[str | None] = mapped_column(String(MAX_TEXT_LENGTH))
    content: Mapped[str] = mapped_column(Text)


class TagRow(Base):
    """A word on a track: one of several genres, a style, an occasion."""

    __tablename__ = "tags"
    __table_args__ = _EXACT

    track_id: Mapped[int] = mapped_column(
        ForeignKey("tracks.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True, index=True)


class OriginRow(Base):
    """Where an import came from, so that it can be repeated.

    source : its name in `SourceRow`
    kind : "table" or "playlist"
    path : absolute
    mapping : JSON, and language: as the import was told
    """

    __tablename__ = "origins"
    __table_args__ = _EXACT

    source: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH), primary_key=True)
    kind: Mapped[str] = mapped_column(String(WORD_LENGTH))
    path: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(NAME_LENGTH))


class FolderRow(Base):
    """A folder whose tables and playlists are imported, new ones at each refresh.

    path : absolute
    """

    __tablename__ = "folders"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)


class ChoiceRow(Base):
    """What the owner of this copy has chosen in the app, and what a refresh said last."""

    __tablename__ = "choices"
    __table_args__ = _EXACT

    name: Mapped[str] = mapped_column(String(NAME_LENGTH), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


class CachedAnswerRow(Base):
    """What a remote source answered, for as long as it may be used again. Times are UTC.

    key : a digest of the request
    request, answer : JSON
    """

    __tablename__ = "cached_answers"
    __table_args__ = _EXACT

    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(String(WORD_LENGTH))
    request: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(_LONG_TEXT)
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AllowanceRow(Base):
    """How much of a remote source's daily allowance is used.

    day : the day, in the source's own time zone, on which it was last used
    used : requests of that day
    """

    __tablename__ = "allowances"
    __table_args__ = _EXACT

    source: Mapped[str] = mapped_column(String(WORD_LENGTH), primary_key=True)
    day: Mapped[date]
    used: Mapped[int]


class ListenerRow(Base):
    """Somebody's browser.

    id : a digest of the random word in its cookie, which alone stands nowhere
    keeps_history : whether moods are to be kept, and how often songs were opened
    seen_on : the last day (UTC); after a long time, all goes
    """

    __tablename__ = "listeners"
    __table_args__ = _EXACT

    id: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    keeps_history: Mapped[bool]
    seen_on: Mapped[date]


class _OfListener:
    listener_id: Mapped[str] = mapped_column(
        ForeignKey("listeners.id", ondelete="CASCADE"), primary_key=True
    )


class OpinionRow(_OfListener, Base):
    """What a listener last said of a track.

    The traits stay when the track's table goes. Of a Spotify track there is nothing but the
    artist's name, as its terms ask.

    track_key : of `TrackRow`, or Spotify's id
    source : one of `recommender.types.SourceName`
    verdict : one of `recommender.taste.Verdict`
    at : UTC
    """

    __tablename__ = "opinions"
    __table_args__ = _EXACT

    track_key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(String(WORD_LENGTH))
    verdict: Mapped[str] = mapped_column(String(WORD_LENGTH))
    at: Mapped[datetime]
    artist: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH))
    genre: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    language: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    valence: Mapped[float | None] = mapped_column(Double)
    energy: Mapped[float | None] = mapped_column(Double)


class BannedArtistRow(_OfListener, Base):
    """Whom a listener never wants to hear.

    source : of the tile on which it was said
    """

    __tablename__ = "banned_artists"
    __table_args__ = _EXACT

    name: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH), primary_key=True)
    source: Mapped[str] = mapped_column(String(WORD_LENGTH))


class HearingRow(_OfListener, Base):
    """That a song was among a listener's tiles on a day (UTC), and how often it was opened.

    Without a history, only the last days are kept, and no openings.
    """

    __tablename__ = "hearings"
    __table_args__ = _EXACT

    track_key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    opened: Mapped[int]


class MoodRow(Base):
    """A mood of a listener who keeps a history. The time is UTC."""

    __tablename__ = "moods"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    listener_id: Mapped[str] = mapped_column(
        ForeignKey("listeners.id", ondelete="CASCADE"), index=True
    )
    at: Mapped[datetime]
    feeling: Mapped[str] = mapped_column(String(NAME_LENGTH))
    valence: Mapped[float] = mapped_column(Double)
    energy: Mapped[float] = mapped_column(Double)
    confidence: Mapped[float] = mapped_column(Double)


class RecordingRow(Base):
    """An audio file, once for each who has it, with the mood that it sounds like.

    key : a digest of whose it is and of what is in it, so that a correction survives tagging anew
    sha256 : of the file's content
    listener_id : who dropped it into the page; None for the owner's own folders
    path : absolute
    stamp : size and times of change of the file when it was read; while they stay, so does it
    seconds : its whole length; None where its header does not say
    valence, energy : what the model said, −1..1 and 0..1; None when the file cannot be used
    quadrants, feelings : JSON lists in the orders of `detectors.types`; None likewise
    corrected_valence, corrected_energy : what a person said instead; None when not corrected
    model : version of the tagger
    problem : why the file cannot be used, or why it is put aside
    tagged_at : UTC
    """

    __tablename__ = "recordings"
    __table_args__ = (
        CheckConstraint("valence BETWEEN -1 AND 1", name="valence"),
        CheckConstraint("energy BETWEEN 0 AND 1", name="energy"),
        CheckConstraint("corrected_valence BETWEEN -1 AND 1", name="corrected_valence"),
        CheckConstraint("corrected_energy BETWEEN 0 AND 1", name="corrected_energy"),
        Index(None, "valence", "energy"),
        _EXACT,
    )

    key: Mapped[str] = mapped_column(String(KEY_LENGTH), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(KEY_LENGTH))
    listener_id: Mapped[str | None] = mapped_column(
        ForeignKey("listeners.id", ondelete="CASCADE"), index=True
    )
    path: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    stamp: Mapped[str] = mapped_column(String(KEY_LENGTH))
    title: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH))
    artist: Mapped[str] = mapped_column(String(MAX_TEXT_LENGTH))
    album: Mapped[str | None] = mapped_column(String(MAX_TEXT_LENGTH))
    year: Mapped[int | None]
    genre: Mapped[str | None] = mapped_column(String(NAME_LENGTH))
    seconds: Mapped[float | None] = mapped_column(Double)
    valence: Mapped[float | None] = mapped_column(Double)
    energy: Mapped[float | None] = mapped_column(Double)
    quadrants: Mapped[str | None] = mapped_column(Text)
    feelings: Mapped[str | None] = mapped_column(Text)
    corrected_valence: Mapped[float | None] = mapped_column(Double)
    corrected_energy: Mapped[float | None] = mapped_column(Double)
    model: Mapped[str] = mapped_column(String(NAME_LENGTH))
    problem: Mapped[str | None] = mapped_column(String(MAX_TEXT_LENGTH))
    tagged_at: Mapped[datetime]


class WatchedFolderRow(Base):
    """A folder of the owner's music, looked through again for what has changed.

    path : absolute
    """

    __tablename__ = "watched_folders"
    __table_args__ = _EXACT

    id: Mapped[int] = mapped_column(primary_key=True)
    path: Mapped[str] = mapped_column(Text)
