"""What the catalogue holds, and how it goes again, on every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from recommender.catalogue.store import STARTER_SOURCE, Catalogue
from recommender.db.tables import TrackRow
from recommender.ingest.refresh import import_file
from recommender.ingest.registry import (
    BatchSummary,
    batch_summaries,
    imported_files,
    register_folder,
    registered_folders,
    remove,
)
from recommender.types import Mood
from recommender.wiring import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(database: str | None, tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path / "data", url=database)
    yield opened
    opened.dispose()


@pytest.fixture
def table(engine: Engine, tmp_path: Path) -> Path:
    path = tmp_path / "mine.csv"
    path.write_text("title,artist,valence,energy\nOne,Only Here,0.5,0.5\nTwo,Adele,,\n")
    import_file(path, "table", engine, tmp_path / "data")
    return path


def test_every_source_is_counted_with_the_file_that_it_came_from(
    engine: Engine, table: Path
) -> None:
    first, second = batch_summaries(engine)
    assert first.source == STARTER_SOURCE
    assert first.shipped
    assert first.songs == first.placed > 1000
    assert first.path is None
    assert second == BatchSummary("mine", 2, 1, table)
    assert not second.shipped


def test_what_is_removed_leaves_nothing_behind(engine: Engine, table: Path) -> None:
    assert table.exists()
    register_folder(engine, table.parent)
    remove(engine, ["mine"], table.parent)
    assert [one.source for one in batch_summaries(engine)] == [STARTER_SOURCE]
    assert imported_files(engine) == []
    assert registered_folders(engine) == []
    catalogue = Catalogue(engine)
    assert "Only Here" not in catalogue.artists()
    assert "Adele" in catalogue.artists()
    with engine.connect() as connection:
        songs = connection.scalar(select(func.count()).select_from(TrackRow))
    # The index of places has none left either.
    assert len(catalogue.nearest(Mood(0.0, 0.5), limit=100_000, radius=2)) == songs
    assert table.exists()


def test_removing_what_is_not_there_is_no_error(engine: Engine, tmp_path: Path) -> None:
    before = batch_summaries(engine)
    remove(engine, ["nothing"], tmp_path)
    assert batch_summaries(engine) == before
