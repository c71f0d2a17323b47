"""Drop the tables in which rows of unfinished imports waited, and create digests of songs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Drop the tables, and create the column."""
    op.drop_table("staged_rows")
    op.drop_table("imports")
    op.add_column("tracks", sa.Column("digest", sa.String(16)))
