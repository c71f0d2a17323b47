"""Keep agreements to the notice, and what each process has free, for all processes."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

EXACT: dict[str, Any] = {
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mysql_engine": "InnoDB",
}


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "agreements",
        sa.Column("browser", sa.String(64), nullable=False),
        sa.Column("version", sa.String(16), nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("browser", name="pk_agreements"),
        **EXACT,
    )
    op.create_index("ix_agreements_ends_at", "agreements", ["ends_at"])
    op.create_table(
        "replicas",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("free", sa.Integer, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_replicas"),
        **EXACT,
    )
