"""Add the beats a minute that were heard in a recording."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the column; recordings of before have none until they are heard again."""
    op.add_column("recordings", sa.Column("tempo", sa.Double()))
