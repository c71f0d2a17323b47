"""Create tracks, artists, credits and sources, and drop the songs of version 0.1."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

EXACT: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mysql_engine": "InnoDB",
}
# Tables of version 0.1, which had no Alembic. All of their rows came from the starter table, which
# is read again after the migrations.
OLD_TABLES = ("credits", "songs", "imports")


def upgrade() -> None:
    """Create the tables."""
    present = set(sa.inspect(op.get_bind()).get_table_names())
    for name in OLD_TABLES:
        if name in present:
            op.drop_table(name)
    op.create_table(
        "sources",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sources"),
        sa.UniqueConstraint("name", name="uq_sources_name"),
        **EXACT,
    )
    op.create_table(
        "artists",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(500), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_artists"),
        sa.UniqueConstraint("name", name="uq_artists_name"),
        **EXACT,
    )
    op.create_table(
        "tracks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source_id", sa.Integer, nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("album", sa.String(500)),
        sa.Column("language", sa.String(100)),
        sa.Column("year", sa.Integer),
        sa.Column("genre", sa.String(100)),
        sa.Column("valence", sa.Double),
        sa.Column("energy", sa.Double),
        sa.Column("tempo", sa.Double),
        sa.Column("explicit", sa.Boolean, nullable=False),
        sa.Column("spotify_id", sa.String(22)),
        sa.PrimaryKeyConstraint("id", name="pk_tracks"),
        sa.UniqueConstraint("key", name="uq_tracks_key"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["sources.id"], name="fk_tracks_source_id", ondelete="CASCADE"
        ),
        sa.CheckConstraint("valence BETWEEN -1 AND 1", name=op.f("ck_tracks_valence")),
        sa.CheckConstraint("energy BETWEEN 0 AND 1", name=op.f("ck_tracks_energy")),
        **EXACT,
    )
    op.create_index("ix_tracks_valence_energy", "tracks", ["valence", "energy"])
    op.create_index("ix_tracks_source_id", "tracks", ["source_id"])
    op.create_index("ix_tracks_language", "tracks", ["language"])
    op.create_table(
        "credits",
        sa.Column("track_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("artist_id", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("track_id", "position", name="pk_credits"),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name="fk_credits_track_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["artist_id"], ["artists.id"], name="fk_credits_artist_id"),
        **EXACT,
    )
    op.create_index("ix_credits_artist_id", "credits", ["artist_id"])
    op.create_table(
        "imports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("version", sa.String(64), nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
        sa.UniqueConstraint("source", name="uq_imports_source"),
        **EXACT,
    )
    op.create_table(
        "staged_rows",
        sa.Column("import_id", sa.Integer, nullable=False),
        sa.Column("line", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("problem", sa.String(500)),
        sa.Column("content", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", name="pk_staged_rows"),
        sa.ForeignKeyConstraint(
            ["import_id"], ["imports.id"], name="fk_staged_rows_import_id", ondelete="CASCADE"
        ),
        **EXACT,
    )
    # The spatial index of each engine that has one.
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE VIRTUAL TABLE track_places USING rtree(id, v0, v1, e0, e1, l0, l1)")
    if op.get_bind().dialect.name == "postgresql":
        place = "point(valence / 2, energy)"
        op.execute(f"CREATE INDEX ix_tracks_place ON tracks USING gist ({place})")
