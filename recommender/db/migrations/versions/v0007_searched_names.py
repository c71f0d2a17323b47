"""Index names of artists, and the titles of each language, as they are searched."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the indexes; that of languages alone has the beginning of another now."""
    op.create_index("ix_artists_folded", "artists", ["folded"])
    op.create_index("ix_tracks_language_folded", "tracks", ["language", "folded"])
    op.drop_index("ix_tracks_language", "tracks")
