"""Who visits."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from recommender.db.engine import FILE_NAME
from recommender.wiring import open_engine
from tests.fakes.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables and the starter songs."""
    folder = tmp_path_factory.mktemp("filled")
    open_engine(folder).dispose()
    return folder / FILE_NAME


@pytest.fixture
def visit(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A visitor who has nothing yet, and is not the owner."""
    shutil.copy(filled, tmp_path)
    engine = open_engine(tmp_path)
    yield Visit(engine, tmp_path, monkeypatch)
    engine.dispose()
