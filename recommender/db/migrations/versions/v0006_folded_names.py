"""Create the columns in which titles and names of artists are searched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from recommender.text import fold

revision = "0006"
down_revision = "0005"

LENGTH = 100
ROWS_AT_ONCE = 5000


def upgrade() -> None:
    """Create the columns, fill them, and index the titles."""
    collation = "C" if op.get_bind().dialect.name == "postgresql" else None
    for table, name in (("tracks", "title"), ("artists", "name")):
        op.add_column(table, sa.Column("folded", sa.String(LENGTH, collation=collation)))
        _fill(table, name)
    op.create_index("ix_tracks_folded", "tracks", ["folded"])


def _fill(table: str, name: str) -> None:
    connection = op.get_bind()
    rows = sa.table(table, sa.column("id"), sa.column(name), sa.column("folded"))
    after = sa.select(rows.c.id, rows.c[name]).order_by(rows.c.id).limit(ROWS_AT_ONCE)
    change = sa.update(rows).where(rows.c.id == sa.bindparam("row"))
    change = change.values(folded=sa.bindparam("text"))
    last = -1
    while found := connection.execute(after.where(rows.c.id > last)).all():
        folded = [{"row": number, "text": fold(text)[:LENGTH]} for number, text in found]
        connection.execute(change, folded)
        last = found[-1][0]
