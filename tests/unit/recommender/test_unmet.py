"""What is said when a wish cannot be met."""

from __future__ import annotations

import pytest

from detectors.types import Message
from recommender.explain import unmet
from recommender.types import Preferences, Reasons, SourceName, Tile, Track
from recommender.wording import sentences

QUEEN = Preferences(artists=("Queen",))
TAMIL = Preferences(languages=("Tamil",))
NINETIES = Preferences(decades=(1990,))


def tiles(*dropped: tuple[str, ...]) -> list[Tile]:
    return [
        Tile(
            Track("Song", ("A",), SourceName.CATALOGUE, f"{number}"),
            "https://open.spotify.com/search/x",
            "https://www.youtube.com/results?search_query=x",
            (Message("song-calm"),),
            Reasons(relevance=1.0, confidence=1.0, let_go=let_go),
        )
        for number, let_go in enumerate(dropped)
    ]


@pytest.mark.parametrize(
    ("wishes", "dropped", "said"),
    [
        (QUEEN, [], ""),
        (QUEEN, [(), ()], ""),
        (Preferences(), [()], ""),
        (QUEEN, [("artists",)], "No songs by Queen. Showing other songs for your mood."),
        (
            Preferences(artists=("Queen", "ABBA"), languages=("Tamil",)),
            [("artists",)] * 2,
            "No songs by Queen and ABBA in Tamil. Showing other songs in Tamil.",
        ),
        (
            Preferences(artists=("Queen",), languages=("Tamil",)),
            [(), ("artists",), ("artists", "languages")],
            "Only 1 song fits all of that. Showing other songs for your mood.",
        ),
        (
            TAMIL,
            [(), (), ("languages",)],
            "Only 2 songs fit all of that. Showing other songs for your mood.",
        ),
        (
            TAMIL,
            [("languages",)],
            "No songs in Tamil for this mood. Showing other songs for your mood.",
        ),
        (
            NINETIES,
            [("decades",)],
            "No songs from the 1990s for this mood. Showing other songs for your mood.",
        ),
        (
            Preferences(artists=("Queen",), decades=(1990, 2000)),
            [("artists",)],
            "No songs by Queen from the 1990s and 2000s. "
            "Showing other songs from the 1990s and 2000s.",
        ),
        (
            Preferences(decades=(1990,), languages=("Tamil", "Thai")),
            [("decades",)],
            "No songs in Tamil and Thai from the 1990s for this mood. "
            "Showing other songs in Tamil and Thai.",
        ),
        (
            Preferences(artists=("Queen",), decades=(1990,), languages=("Tamil",)),
            [("artists",)],
            "No songs by Queen in Tamil from the 1990s. "
            "Showing other songs in Tamil from the 1990s.",
        ),
        # A kind of wish that has no sentence of its own.
        (
            TAMIL,
            [("genres",)],
            "No songs fit all of that. Showing other songs in Tamil.",
        ),
        (
            Preferences(genres=("fado", "rai")),
            [("genres",)],
            "No songs for this mood: fado and rai. Showing other songs for your mood.",
        ),
        (
            Preferences(artists=("Queen",), genres=("fado",)),
            [("artists",)],
            "No songs fit all of that. Showing other songs: fado.",
        ),
        (Preferences(not_genres=("pop",)), [()], ""),
        (
            Preferences(not_genres=("pop",)),
            [],
            "All that would fit is among what you do not want.",
        ),
    ],
)
def test_an_unmet_wish_is_one_line(
    wishes: Preferences, dropped: list[tuple[str, ...]], said: str
) -> None:
    assert sentences(unmet(wishes, tiles(*dropped))) == said
