"""Why a song is where it is: the line on its tile, and the numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recommender.explain import explain, score_breakdown, score_words, tile_of
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
GERMAN_FIRST = replace(CALM, languages_first=("German",))
PLAIN = Reasons(relevance=1.0, confidence=1.0, nearness=1.0)


@pytest.mark.parametrize(
    ("query", "changed", "reasons", "line"),
    [
        (CALM, {}, {}, "calm and quiet · 1994 · Tamil"),
        (CALM, {"year": None, "language": None}, {}, "calm and quiet"),
        (CALM, {"language": "Instrumental"}, {}, "calm and quiet · 1994 · without words"),
        (CALM, {"valence": None}, {}, "found for “calm” · 1994 · Tamil"),
        (
            Query(Mood(-0.6, 0.8), "angry"),
            {},
            {},
            "calm and quiet · 1994 · Tamil · the closest there is",
        ),
        (GERMAN_FIRST, {}, {}, "calm and quiet · 1994 · in Tamil"),
        (GERMAN_FIRST, {"language": "German"}, {}, "calm and quiet · 1994 · German"),
        (GERMAN_FIRST, {"language": "English"}, {}, "calm and quiet · 1994 · English"),
        (GERMAN_FIRST, {"language": "Instrumental"}, {}, "calm and quiet · 1994 · without words"),
        (Query(CALM.target, "calm", artists=("guest",)), {}, {}, "calm and quiet · 1994 · Tamil"),
        (Query(CALM.target, "calm", artists=("Nobody",)), {}, {}, "calm and quiet · 1994 · Tamil"),
        (
            Query(CALM.target, "calm", artists=("X", "Anirud")),
            {},
            {},
            "calm and quiet · 1994 · Tamil · Anirud read as Anirudh",
        ),
        (CALM, {}, {"liked": True, "taste": 0.5}, "calm and quiet · 1994 · Tamil · you like it"),
        (
            CALM,
            {},
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("artist", 0.3), ("genre", 0.1))},
            "calm and quiet · 1994 · Tamil · you like Anirudh",
        ),
        (
            CALM,
            {},
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("genre", 0.3),)},
            "calm and quiet · 1994 · Tamil · you like film",
        ),
        (
            CALM,
            {},
            {"taste": 0.4, "expected_taste": 0.4, "taste_parts": (("region", 0.3),)},
            "calm and quiet · 1994 · Tamil · you like songs of this mood",
        ),
        (
            CALM,
            {},
            {"taste": 0.4, "expected_taste": 0.0},
            "calm and quiet · 1994 · Tamil · a guess, to learn your taste",
        ),
        (CALM, {}, {"taste": -0.4}, "calm and quiet · 1994 · Tamil"),
        (
            CALM,
            {},
            {"for_variety": True},
            "calm and quiet · 1994 · Tamil · something different",
        ),
        (CALM, {}, {"own": True}, "calm and quiet · 1994 · Tamil · yours"),
        (CALM, {}, {"step": 3}, "3. calm and quiet · 1994 · Tamil"),
    ],
)
def test_the_line_says_how_a_song_sounds_and_what_decided(
    query: Query, changed: dict[str, object], reasons: dict[str, object], line: str
) -> None:
    numbers: dict[str, Any] = {"relevance": 1.0, "confidence": 1.0, "nearness": 1.0, **reasons}
    track: dict[str, Any] = {"year": 1994, **changed}
    parts = explain(replace(TRACK, **track), query, Reasons(**numbers))
    assert sentences(parts, " · ") == line


def tile_with(reasons: Reasons, track: Track = TRACK) -> Tile:
    url = "https://open.spotify.com/search/x"
    return Tile(track, url, "https://www.youtube.com/results?search_query=x", (), reasons)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"nearness": 0.9}, {"Matches your mood": "very close", "Your taste": "not known yet"}),
        ({"nearness": 0.6}, {"Matches your mood": "close", "Your taste": "not known yet"}),
        ({"nearness": 0.3}, {"Matches your mood": "fairly close", "Your taste": "not known yet"}),
        ({"nearness": 0.0}, {"Matches your mood": "not close", "Your taste": "not known yet"}),
        (
            {"nearness": 1.0, "step": 2, "expected_taste": 0.5},
            {"Matches its place on the way": "very close", "Your taste": "very much"},
        ),
        (
            {"order": 1.0, "expected_taste": 0.1, "shown_days_ago": 1},
            {
                "Matches the search": "very close",
                "Your taste": "somewhat",
                "shown 1 day ago": "comes a little later",
            },
        ),
        (
            {"order": 0.0, "expected_taste": -2.0, "shown_days_ago": 0},
            {
                "Matches the search": "not close",
                "Your taste": "less so",
                "shown today": "comes a little later",
            },
        ),
    ],
)
def test_words_stand_before_the_numbers(numbers: dict[str, Any], words: dict[str, str]) -> None:
    rows = score_words(tile_with(Reasons(relevance=1.0, confidence=1.0, **numbers)))
    assert {sentence(what): sentence(said) for what, said in rows} == words


def test_a_tile_knows_the_wishes_that_were_dropped_for_it() -> None:
    assert tile_of(TRACK, CALM, PLAIN, ["artists"]).reasons == replace(PLAIN, let_go=("artists",))


def shown(track: Track, reasons: Reasons) -> dict[str, str]:
    return {sentence(what): value for what, value in score_breakdown(tile_with(reasons, track))}


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
