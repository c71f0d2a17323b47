"""What Alembic runs the migrations with: the connection that `recommender.database` hands over."""

from __future__ import annotations

from alembic import context

from recommender.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
