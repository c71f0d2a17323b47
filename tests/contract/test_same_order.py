"""The same listener gets the same tiles in the same order from every engine."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import numpy as np
import pytest

from recommender.catalogue.source import CatalogueSource
from recommender.mood import EMOTION_POINTS, build_query, mood_of_emotion
from recommender.service import recommend
from recommender.taste import Listener, Opinion, Taste, Traits, Verdict
from recommender.types import Goal, Preferences
from recommender.wiring import open_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from recommender.types import Tile

FAN = Listener(
    taste=Taste.learned(
        [
            Opinion(Traits("A. R. Rahman", "film", "Tamil", 0.6, 0.7), Verdict.LIKE),
            Opinion(Traits("Adele", "pop", "English", -0.5, 0.4), Verdict.SKIP),
        ]
    )
)
SEED = 3


@pytest.fixture
def both(database: str | None, tmp_path: Path) -> Iterator[list[CatalogueSource]]:
    """The database in question, and the SQLite file that all are compared with."""
    with (
        closing(open_catalogue(tmp_path / "here", url=database)) as here,
        closing(open_catalogue(tmp_path / "plain")) as plain,
    ):
        yield [CatalogueSource(here), CatalogueSource(plain)]


def tiles(source: CatalogueSource, emotion: str, wishes: Preferences) -> tuple[Tile, ...]:
    query = build_query(mood_of_emotion(emotion), wishes)
    return recommend(query, [source], FAN, rng=np.random.default_rng(SEED)).tiles


@pytest.mark.parametrize(
    "wishes",
    [
        Preferences(),
        Preferences(languages=("Tamil", "English"), no_explicit=True),
        Preferences(goal=Goal.CALM, languages=("Hindi",)),
        Preferences(artists=("Rahman",), count=30),
    ],
    ids=["any", "languages", "journey", "artist"],
)
def test_the_tiles_and_their_reasons_are_the_same(
    both: list[CatalogueSource], wishes: Preferences
) -> None:
    for emotion in EMOTION_POINTS:
        here, plain = (tiles(source, emotion, wishes) for source in both)
        assert len(here) == wishes.count
        assert here == plain
