"""The tables of the database, the same on SQLite, PostgreSQL and MariaDB or MySQL.

A change here needs a migration in ``recommender/migrations/versions``; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Double, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from recommender.types import MAX_TEXT_LENGTH

KEY_LENGTH = 64
NAME_LENGTH = 100
SPOTIFY_ID_LENGTH = 22
# MariaDB compares without regard to case, accents and trailing blanks unless it is told.
_EXACT = {"mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin", "mysql_engine": "InnoDB"}


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
