"""Who visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.catalogue import open_engine
from tests.fakes.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def visit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Visit]:
    """A visitor who has nothing yet, and does not sit at the machine."""
    engine = open_engine(tmp_path)
    yield Visit(engine, tmp_path, monkeypatch)
    engine.dispose()
