"""Song words: the eight of the circle, and the pace beside them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.mood import FEELINGS
from recommender.song_words import (
    FAST_FROM,
    LIVELY_FROM,
    QUIET_TO,
    SLOW_TO,
    SONG_WORDS,
    song_sound,
    song_word,
)
from recommender.types import SourceName, Track
from recommender.wording import sentence

if TYPE_CHECKING:
    from detectors.types import Message


def song(valence: float | None, energy: float | None, tempo: float | None = None) -> Track:
    return Track(
        "Song", ("A",), SourceName.CATALOGUE, "1", valence=valence, energy=energy, tempo=tempo
    )


def in_words(said: Message | None) -> str:
    return "" if said is None else sentence(said)


@pytest.mark.parametrize(
    ("feeling", "word"),
    [
        ("happy", "bright"),
        ("surprise", "euphoric"),
        ("energised", "euphoric"),
        ("angry", "fierce"),
        ("fear", "fierce"),
        ("disgust", "tense"),
        ("sad", "gloomy"),
        ("calm", "calm"),
        ("focused", "calm"),
    ],
)
def test_each_feeling_has_a_song_word(feeling: str, word: str) -> None:
    assert sentence(song_word(*FEELINGS[feeling])) == word


@pytest.mark.parametrize("place", range(len(SONG_WORDS)), ids=SONG_WORDS)
def test_each_word_has_an_eighth_of_the_circle(place: int) -> None:
    for degrees in (0.01, 22.5, 44.99):
        turn = math.radians(45 * place + degrees)
        word = song_word(math.cos(turn), (math.sin(turn) + 1) / 2)
        assert sentence(word) == SONG_WORDS[place]


@given(valence=st.floats(-1, 1), energy=st.floats(0, 1))
def test_every_place_has_one_of_the_eight(valence: float, energy: float) -> None:
    assert sentence(song_word(valence, energy)) in SONG_WORDS


@pytest.mark.parametrize(
    ("track", "said"),
    [
        (song(0.8, 0.6, FAST_FROM), "bright and fast"),
        (song(0.8, 0.6, FAST_FROM - 1), "bright"),
        (song(0.8, 0.6), "bright"),
        (song(0.8, LIVELY_FROM), "bright and lively"),
        (song(0.8, 0.4, SLOW_TO), "tender and slow"),
        (song(0.8, 0.4, SLOW_TO + 1), "tender"),
        (song(0.8, QUIET_TO, 2 * SLOW_TO), "tender and quiet"),
        # Twice the beat, or half of it.
        (song(-0.9, 0.4, 2 * SLOW_TO), "gloomy"),
        (song(-0.1, 0.9, FAST_FROM / 2), "fierce and lively"),
        (song(-0.9, 0.4, 0.0), "gloomy"),
        (song(None, 0.4, 90.0), ""),
        (song(0.4, None, 90.0), ""),
    ],
)
def test_the_pace_is_told_when_tempo_and_energy_agree(track: Track, said: str) -> None:
    assert in_words(song_sound(track)) == said
