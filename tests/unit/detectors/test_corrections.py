"""A person's corrections: what they change of a reading, and what they never do."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.corrections import (
    CONCENTRATION,
    LEVELS,
    MORE,
    MOST_COUNTED,
    MOST_ODDS,
    POPULATION,
    UNCORRECTED,
    Answer,
    Corrections,
    cell_of,
)
from detectors.types import EMOTIONS, EmotionScores

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

CELLS = st.tuples(st.sampled_from(EMOTIONS), st.integers(0, len(LEVELS)))
ANSWERS = st.builds(lambda cell, truth: (*cell, truth), CELLS, st.sampled_from(EMOTIONS))
PRESSES = st.lists(ANSWERS, max_size=60)


@st.composite
def readings(draw: DrawFn) -> EmotionScores:
    values = draw(st.lists(st.floats(0, 1), min_size=7, max_size=7).filter(lambda v: sum(v) > 0.1))
    shares = (min(1.0, value / sum(values)) for value in values)
    return EmotionScores(*shares, contempt=draw(st.floats(0, 1)))


def counted(presses: list[Answer]) -> Corrections:
    return Corrections(Counter(presses))


@given(readings(), PRESSES)
def test_a_corrected_reading_is_a_distribution_with_the_same_contempt(
    scores: EmotionScores, presses: list[Answer]
) -> None:
    # `EmotionScores` refuses anything else.
    found = counted(presses).applied(scores)
    assert sum(found.as_tuple()) == pytest.approx(1)
    assert found.contempt == scores.contempt


@given(readings(), PRESSES)
def test_a_reading_of_which_no_correction_speaks_is_the_same(
    scores: EmotionScores, presses: list[Answer]
) -> None:
    others = [answer for answer in presses if answer[:2] != cell_of(scores)]
    assert UNCORRECTED.applied(scores) is scores
    assert counted(others).applied(scores) is scores
    unknown = {("tired", 1, "bored"): 3, (*cell_of(scores), "bored"): 3}
    assert Corrections(unknown).applied(scores) is scores


@given(readings(), PRESSES, st.randoms(use_true_random=False))
def test_the_order_of_corrections_does_not_matter(
    scores: EmotionScores, presses: list[Answer], random: object
) -> None:
    shuffled = list(presses)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert counted(shuffled).applied(scores) == counted(presses).applied(scores)


@given(readings(), st.dictionaries(ANSWERS, st.integers(-3, 10**6)))
def test_corrections_move_odds_within_bounds(
    scores: EmotionScores, counts: dict[Answer, int]
) -> None:
    own = Corrections(counts)
    read, odds = scores.leading, own.odds(cell_of(scores))
    assert all(1 / MOST_ODDS <= one <= MOST_ODDS for one in odds.values())
    assert odds[read] == 1
    # So much surer than all others together is beyond correction.
    if scores.confidence > MOST_ODDS / (MOST_ODDS + 1):
        assert own.applied(scores).leading == read
    most = {answer: min(times, MOST_COUNTED) for answer, times in counts.items()}
    assert own.applied(scores) == Corrections(most).applied(scores)


@given(ANSWERS, st.integers(0, MOST_COUNTED - 1), PRESSES)
def test_each_correction_makes_its_emotion_likelier(
    answer: Answer, times: int, presses: list[Answer]
) -> None:
    read, level, truth = answer
    rest = Counter(presses)
    fewer, more = (
        Corrections({**rest, answer: count}).odds((read, level)) for count in (times, times + 1)
    )
    if truth == read:
        assert all(more[name] <= fewer[name] for name in EMOTIONS)
    else:
        assert more[truth] >= fewer[truth]
        assert all(more[name] == fewer[name] for name in EMOTIONS if name != truth)


@given(readings(), PRESSES, PRESSES)
def test_ones_own_corrections_never_reach_another(
    scores: EmotionScores, mine: list[Answer], yours: list[Answer]
) -> None:
    before = counted(yours).applied(scores)
    counted(mine).applied(scores)
    assert counted(yours).applied(scores) == before


def test_the_odds_are_those_of_the_dirichlet_posterior() -> None:
    counts = {("sad", 1, "neutral"): 4, ("sad", 1, "fear"): 1, ("sad", 1, "sad"): 2}
    elsewhere = {("sad", 2, "neutral"): 20}
    faces = [seen + MORE for seen in POPULATION["sad"][1]]
    shares = dict(zip(EMOTIONS, (one / sum(faces) for one in faces), strict=True))
    own = {
        name: (CONCENTRATION * share + counts.get(("sad", 1, name), 0)) / (CONCENTRATION + 7)
        for name, share in shares.items()
    }
    gains = {name: own[name] / shares[name] for name in EMOTIONS}
    for name, odds in Corrections(counts | elsewhere).odds(("sad", 1)).items():
        assert odds == pytest.approx(gains[name] / gains["sad"])


@pytest.mark.parametrize(("sad", "level"), [(0.49, 0), (0.5, 1), (0.6, 2), (0.749, 2), (0.75, 3)])
def test_a_cell_is_the_leading_emotion_and_its_level(sad: float, level: int) -> None:
    half = (1 - sad) / 2
    assert cell_of(EmotionScores(half, 0, 0, 0, sad, 0, half)) == ("sad", level)
