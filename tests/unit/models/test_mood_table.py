"""The mood table's error against the people who rated faces, and its place in the card."""

from __future__ import annotations

import pytest

from models.card import CARD
from models.mood_table import RATINGS, WORD_NORMS, errors, face_points, lines


def test_the_means_have_the_least_error_and_the_words_more() -> None:
    faces, words = errors(face_points()), errors(WORD_NORMS)
    assert faces == pytest.approx((0.169, 0.146), abs=5e-4)
    assert words == pytest.approx((0.279, 0.233), abs=5e-4)


@pytest.mark.parametrize("expression", RATINGS)
def test_each_place_is_where_the_faces_were_rated(expression: str) -> None:
    mean_valence, _, mean_arousal, _ = RATINGS[expression]
    # Neutral is the middle by definition.
    assert face_points()[expression] == pytest.approx((mean_valence, mean_arousal), abs=0.021)


def test_an_error_is_measured_on_the_expressions_that_a_table_knows() -> None:
    assert errors({"fear": (-0.12, 0.76)}) == pytest.approx((0.07, 0.16))
    assert errors({"fear": (-0.12 + 0.24, 0.76)})[0] == pytest.approx(0.25)


def test_the_card_shows_the_table() -> None:
    assert "\n".join(lines()) in CARD.read_text("utf-8")
