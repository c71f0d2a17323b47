"""A database, a folder of music, and a tagger in this process."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from recommender.db.engine import make_engine
from recommender.db.tables import Base
from recommender.library import tagging
from tests.fakes.tagged import NotingHere
from tests.fakes.taggers import LoudnessTagger, write_wav

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = make_engine(tmp_path / "data")
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Three files in two folders."""
    folder = tmp_path / "music"
    for number, name in enumerate(("a.wav", "b.wav", "below/c.wav")):
        write_wav(folder / name, 0.1 + 0.1 * number, seconds=1.0 + number)
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> NotingHere:
    made = NotingHere(LoudnessTagger())
    monkeypatch.setattr(tagging, "tagger_pool", lambda *_: nullcontext(made))
    return made
