"""Drop the tables in which rows of unfinished imports waited."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Drop the tables."""
    op.drop_table("staged_rows")
    op.drop_table("imports")
