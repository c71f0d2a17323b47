"""Create tags, origins of imports, cached responses, and the tables of listeners."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0002"
down_revision = "0001"

EXACT: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mysql_engine": "InnoDB",
}


def upgrade() -> None:
    """Create the tables."""
    _add_to_songs()
    _add_listeners()


def _add_to_songs() -> None:
    op.create_table(
        "tags",
        sa.Column("track_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("track_id", "name", name="pk_tags"),
        sa.ForeignKeyConstraint(
            ["track_id"], ["tracks.id"], name="fk_tags_track_id", ondelete="CASCADE"
        ),
        **EXACT,
    )
    op.create_index("ix_tags_name", "tags", ["name"])
    op.create_table(
        "origins",
        sa.Column("source", sa.String(500), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("mapping", sa.Text, nullable=False),
        sa.Column("language", sa.String(100)),
        sa.PrimaryKeyConstraint("source", name="pk_origins"),
        **EXACT,
    )
    op.create_table(
        "folders",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_folders"),
        **EXACT,
    )
    op.create_table(
        "choices",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_choices"),
        **EXACT,
    )
    op.create_table(
        "cached_answers",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column(
            "answer", sa.Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb"), nullable=False
        ),
        sa.Column("asked_at", sa.DateTime, nullable=False),
        sa.Column("expires_at", sa.DateTime, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_cached_answers"),
        **EXACT,
    )
    op.create_index("ix_cached_answers_expires_at", "cached_answers", ["expires_at"])


def _add_listeners() -> None:
    op.create_table(
        "listeners",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("keeps_history", sa.Boolean, nullable=False),
        sa.Column("seen_on", sa.Date, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_listeners"),
        **EXACT,
    )
    _create_of_listener(
        "opinions",
        sa.Column("track_key", sa.String(64), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("artist", sa.String(500), nullable=False),
        sa.Column("genre", sa.String(100)),
        sa.Column("language", sa.String(100)),
        sa.Column("valence", sa.Double),
        sa.Column("energy", sa.Double),
        key=["listener_id", "track_key"],
    )
    _create_of_listener(
        "banned_artists",
        sa.Column("name", sa.String(500), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        key=["listener_id", "name"],
    )
    _create_of_listener(
        "hearings",
        sa.Column("track_key", sa.String(64), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("opened", sa.Integer, nullable=False),
        key=["listener_id", "track_key", "day"],
    )
    _create_of_listener(
        "moods",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("feeling", sa.String(100), nullable=False),
        sa.Column("valence", sa.Double, nullable=False),
        sa.Column("energy", sa.Double, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        key=["id"],
    )
    op.create_index("ix_moods_listener_id", "moods", ["listener_id"])


def _create_of_listener(name: str, *columns: sa.Column[Any], key: list[str]) -> None:
    op.create_table(
        name,
        sa.Column("listener_id", sa.String(64), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["listener_id"],
            ["listeners.id"],
            name=f"fk_{name}_listener_id",
            ondelete="CASCADE",
        ),
        **EXACT,
    )
