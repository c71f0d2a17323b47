"""Create the table of what was heard in the songs of the owner's music server."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "heard_songs",
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("server", sa.String(64), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("valence", sa.Double),
        sa.Column("energy", sa.Double),
        sa.PrimaryKeyConstraint("key", name="pk_heard_songs"),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
        mysql_engine="InnoDB",
    )
    op.create_index("ix_heard_songs_server", "heard_songs", ["server"])
