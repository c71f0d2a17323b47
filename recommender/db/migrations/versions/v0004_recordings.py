"""Create recordings (audio files with the mood of their music) and the watched folders."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

EXACT: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mysql_engine": "InnoDB",
}


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "recordings",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("listener_id", sa.String(64)),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("artist", sa.String(500), nullable=False),
        sa.Column("album", sa.String(500)),
        sa.Column("year", sa.Integer),
        sa.Column("genre", sa.String(100)),
        sa.Column("seconds", sa.Double),
        sa.Column("valence", sa.Double),
        sa.Column("energy", sa.Double),
        sa.Column("quadrants", sa.Text),
        sa.Column("feelings", sa.Text),
        sa.Column("corrected_valence", sa.Double),
        sa.Column("corrected_energy", sa.Double),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("problem", sa.String(500)),
        sa.Column("tagged_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_recordings"),
        sa.ForeignKeyConstraint(
            ["listener_id"],
            ["listeners.id"],
            name="fk_recordings_listener_id",
            ondelete="CASCADE",
        ),
        *(
            sa.CheckConstraint(f"{name} BETWEEN {least} AND 1", name=op.f(f"ck_recordings_{name}"))
            for name, least in (
                ("valence", -1),
                ("energy", 0),
                ("corrected_valence", -1),
                ("corrected_energy", 0),
            )
        ),
        **EXACT,
    )
    op.create_index("ix_recordings_valence_energy", "recordings", ["valence", "energy"])
    op.create_index("ix_recordings_listener_id", "recordings", ["listener_id"])
    op.create_table(
        "watched_folders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watched_folders"),
        **EXACT,
    )
