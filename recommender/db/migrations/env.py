"""Alembic's environment: runs the migrations over the connection of `recommender.db.engine`."""

from __future__ import annotations

from alembic import context

from recommender.db.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
