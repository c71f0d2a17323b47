"""Index searched names; keep what was heard in a server's songs, and the tempo of recordings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create indexes, table and column; a recording has no tempo until it is heard again."""
    op.create_index("ix_artists_folded", "artists", ["folded"])
    op.create_index("ix_tracks_language_folded", "tracks", ["language", "folded"])
    # That of languages alone is the beginning of another now.
    op.drop_index("ix_tracks_language", "tracks")
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
    op.add_column("recordings", sa.Column("tempo", sa.Double()))
