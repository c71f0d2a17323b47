"""Why a song is where it is: the line on its tile, and the numbers."""

from __future__ import annotations

import pytest

from recommender.explain import explain, score_breakdown
from recommender.types import Mood, Query, Reasons, SourceName, Tile, Track
from recommender.wording import sentence, sentences

TRACK = Track(
    "Song",
    ("Anirudh", "Guest"),
    SourceName.CATALOGUE,
    "1",
    genre="film",
    language="Tamil",
    valence=0.5,
    energy=0.2,
    tempo=93.4,
)
CALM = Query(Mood(0.5, 0.2), "calm")
PLAIN = Reasons(relevance=1.0, confidence=1.0, nearness=1.0)


@pytest.mark.parametrize(
    ("query", "reasons", "let_go", "line"),
    [
        (CALM, {}, (), "calm"),
        (Query(Mood(-0.6, 0.8), "angry"), {}, (), "closest to angry"),
        (Query(CALM.target, "calm", languages=("Tamil",)), {}, (), "calm · Tamil"),
        (Query(CALM.target, "calm", artists=("guest",)), {}, (), "calm · Guest"),
        (Query(CALM.target, "calm", artists=("Nobody",)), {}, (), "calm · Anirudh"),
        (
            Query(CALM.target, "calm", artists=("X", "Anirud")),
            {},
            "",
            "calm · Anirud read as Anirudh",
        ),
        (
            Query(CALM.target, "calm", artists=("X",), languages=("Hindi",)),
            {},
            ("artists", "languages"),
            "calm · Tamil · any artist · any language",
        ),
        (CALM, {"liked": True, "taste": 0.5}, (), "calm · you like it"),
        (
            CALM,
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("artist", 0.3), ("genre", 0.1))},
            (),
            "calm · you like Anirudh",
        ),
        (
            CALM,
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("genre", 0.3),)},
            (),
            "calm · you like film",
        ),
        (
            CALM,
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("region", 0.3),)},
            (),
            "calm · you like songs of this mood",
        ),
        (CALM, {"taste": 0.4, "expected_taste": 0.0}, (), "calm · to learn your taste"),
        (CALM, {"taste": -0.4}, (), "calm"),
        (CALM, {"for_variety": True}, (), "calm · for variety"),
        (CALM, {"step": 3}, (), "3. calm"),
    ],
)
def test_the_line_names_what_decided(
    query: Query, reasons: dict[str, object], let_go: tuple[str, ...], line: str
) -> None:
    numbers = {"relevance": 1.0, "confidence": 1.0, "nearness": 1.0, **reasons}
    parts = explain(TRACK, query, Reasons(**numbers), let_go)
    assert sentences(parts, " · ") == line


def shown(track: Track, reasons: Reasons) -> dict[str, str]:
    url = "https://open.spotify.com/search/x"
    youtube = "https://www.youtube.com/results?search_query=x"
    rows = score_breakdown(Tile(track, url, youtube, (), reasons))
    return {sentence(what): value for what, value in rows}


def test_the_numbers_add_up_to_the_relevance() -> None:
    reasons = Reasons(
        relevance=0.45,
        confidence=0.8,
        nearness=0.75,
        taste=0.2,
        taste_parts=(("artist", 0.25), ("genre", -0.05)),
        shown_days_ago=4,
        likeness=0.3,
    )
    assert shown(TRACK, reasons) == {
        "valence, energy": "+0.50, 0.20",
        "beats a minute": "93",
        "nearness to the mood × confidence": "0.75 × 0.80",
        "your taste": "0.5 × +0.20",
        "– artist": "+0.25",
        "– genre": "-0.05",
        "shown 4 days ago": "−0.6 × 0.43",
        "relevance": "0.45",
        "like the songs before": "−0.3 × 0.30",
    }


def test_a_song_of_which_little_is_known_says_less() -> None:
    bare = Track("Song", ("A",), SourceName.SPOTIFY, "1")
    rows = shown(bare, Reasons(relevance=0.5, confidence=1.0, order=0.5, shown_days_ago=0, step=2))
    assert rows == {
        "place in the search × confidence": "0.50 × 1.00",
        "your taste": "0.5 × +0.00",
        "shown today": "−0.6 × 1.00",
        "relevance": "0.50",
    }
