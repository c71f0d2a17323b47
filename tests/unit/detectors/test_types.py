"""Faces and scores: what they refuse, and that labels cannot be mixed up."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from detectors.types import EMOTION_OF_FERPLUS, EMOTIONS, FERPLUS_LABELS, EmotionScores, Face

if TYPE_CHECKING:
    from collections.abc import Sequence

NAN, INF = math.nan, math.inf


def shares(count: int) -> st.SearchStrategy[list[float]]:
    """So many probabilities that sum to one."""
    return (
        st.lists(st.floats(0, 1), min_size=count, max_size=count)
        .filter(lambda values: sum(values) > 1e-6)
        .map(lambda values: [value / sum(values) for value in values])
    )


SEVEN, EIGHT = shares(7), shares(8)


def one_hot(emotion: str, **others: float) -> EmotionScores:
    return EmotionScores(**{name: float(name == emotion) for name in EMOTIONS}, **others)


@pytest.mark.parametrize(
    "box",
    [
        (0, 0, 0, 10), (0, 0, 10, 0), (0, 0, -5, 10), (NAN, 0, 10, 10), (0, INF, 10, 10),
        (0, 0, NAN, 10), (0, 0, 10, INF), (0, 0, 10), (0, 0, 10, 10, 10), (),
    ],
)  # fmt: skip
def test_an_impossible_box_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="box"):
        Face(box, 0.9)  # type: ignore[arg-type]


@pytest.mark.parametrize("confidence", [-0.1, 1.1, NAN, INF])
def test_an_impossible_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        Face((0, 0, 10, 10), confidence)


def test_a_face_may_reach_beyond_the_frame_and_knows_its_area() -> None:
    assert Face((-5.0, -3.5, 10.0, 12.5), 1.0).area == 125


def test_a_face_and_scores_cannot_be_changed_and_hold_no_pixels() -> None:
    face = Face((0, 0, 10, 10), 0.9)
    with pytest.raises(dataclasses.FrozenInstanceError):
        face.confidence = 1.0  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        one_hot("happy").happy = 0.5  # type: ignore[misc]
    assert {field.name for field in dataclasses.fields(Face)} == {"box", "confidence", "landmarks"}


@pytest.mark.parametrize("bad", [-0.2, 1.2, NAN, INF])
@pytest.mark.parametrize("name", [*EMOTIONS, "contempt"])
def test_scores_that_are_no_probability_are_refused(name: str, bad: float) -> None:
    values = dataclasses.asdict(one_hot("happy" if name != "happy" else "sad"))
    with pytest.raises(ValueError, match="0\\.\\.1"):
        EmotionScores(**{**values, name: bad})


@pytest.mark.parametrize("total", [0.0, 0.5, 0.998, 1.002])
def test_scores_that_do_not_sum_to_one_are_refused(total: float) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        EmotionScores(*[total / 7] * 7)


def test_rounding_of_float32_is_no_reason_to_refuse() -> None:
    assert EmotionScores(*[0.9995 / 7] * 7).angry == pytest.approx(1 / 7, abs=1e-3)


def certain_of(label: str, labels: Sequence[str]) -> dict[str, float]:
    return {name: float(name == label) for name in labels}


def joined(seven: Sequence[float], eight: Sequence[float]) -> EmotionScores:
    return EmotionScores.from_heads(
        dict(zip(EMOTIONS, seven, strict=True)), dict(zip(FERPLUS_LABELS, eight, strict=True))
    )


@pytest.mark.parametrize("label", list(EMOTION_OF_FERPLUS))
def test_what_both_heads_are_certain_of_is_certain(label: str) -> None:
    emotion = {
        "neutral": "neutral", "happiness": "happy", "surprise": "surprise", "sadness": "sad",
        "anger": "angry", "disgust": "disgust", "fear": "fear",
    }[label]  # fmt: skip
    scores = EmotionScores.from_heads(
        certain_of(emotion, EMOTIONS), certain_of(label, FERPLUS_LABELS)
    )
    assert scores == one_hot(emotion)


@given(seven=SEVEN, eight=EIGHT, order=st.permutations(range(8)))
def test_the_order_of_labels_does_not_matter(
    seven: list[float], eight: list[float], order: list[int]
) -> None:
    straight = joined(seven, eight)
    shuffled = EmotionScores.from_heads(
        {EMOTIONS[i]: seven[i] for i in order if i < 7},
        {FERPLUS_LABELS[i]: eight[i] for i in order},
    )
    assert shuffled.as_tuple() == pytest.approx(straight.as_tuple(), abs=1e-9)
    assert shuffled.contempt == straight.contempt


@given(seven=SEVEN, eight=EIGHT)
# Rounding led a little above 1.
@example(
    seven=[0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    eight=[0.6666224838259212, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.33337751617407896],
)
def test_the_scores_are_the_mean_of_both_heads_without_contempt(
    seven: list[float], eight: list[float]
) -> None:
    scores = joined(seven, eight)
    assert sum(scores.as_tuple()) == pytest.approx(1)
    assert scores.contempt == eight[FERPLUS_LABELS.index("contempt")]
    rest = 2 - scores.contempt
    for emotion, label in (("happy", "happiness"), ("angry", "anger"), ("neutral", "neutral")):
        expected = seven[EMOTIONS.index(emotion)] + eight[FERPLUS_LABELS.index(label)]
        assert getattr(scores, emotion) * rest == pytest.approx(expected, abs=1e-9)


def test_contempt_alone_leaves_the_other_head_to_decide() -> None:
    scores = EmotionScores.from_heads(
        certain_of("sad", EMOTIONS), certain_of("contempt", FERPLUS_LABELS)
    )
    assert scores.as_tuple() == one_hot("sad").as_tuple()
    assert scores.contempt == 1


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        (FERPLUS_LABELS[:7], [1 / 7] * 7),
        (EMOTIONS, [1 / 7] * 7),
        ([*FERPLUS_LABELS[:7], "unknown"], [1 / 8] * 8),
        ([*FERPLUS_LABELS, "unknown"], [1 / 9] * 9),
        (FERPLUS_LABELS, [0.0] * 8),
        (FERPLUS_LABELS, [0.2] * 8),
        (FERPLUS_LABELS, [NAN] + [0.125] * 7),
        (FERPLUS_LABELS, [INF] + [0.0] * 7),
        (FERPLUS_LABELS, [-0.5] + [1.5 / 7] * 7),
        (FERPLUS_LABELS, [0.125] * 7 + [NAN]),
    ],
)
def test_other_labels_or_no_distribution_are_refused(
    labels: Sequence[str], values: list[float]
) -> None:
    plus = dict(zip(labels, values, strict=True))
    with pytest.raises(ValueError, match=r"expected|not a distribution"):
        EmotionScores.from_heads(certain_of("happy", EMOTIONS), plus)
    fer = dict(zip(EMOTIONS, values[: len(EMOTIONS)], strict=False))
    if sum(fer.values()) != pytest.approx(1):
        with pytest.raises(ValueError, match=r"expected|not a distribution"):
            EmotionScores.from_heads(fer, certain_of("happiness", FERPLUS_LABELS))


def test_on_a_tie_the_first_emotion_in_order_leads() -> None:
    tie = EmotionScores(0, 0, 0.4, 0, 0.4, 0, 0.2)
    assert tie.leading == "fear"
    assert tie.confidence == 0.4
    assert EmotionScores(*[1 / 7] * 7).leading == "angry"


@given(seven=SEVEN, eight=EIGHT)
def test_the_leading_emotion_has_the_confidence_and_contempt_never_leads(
    seven: list[float], eight: list[float]
) -> None:
    scores = joined(seven, eight)
    assert scores.as_dict()[scores.leading] == scores.confidence == max(scores.as_tuple())
    assert list(scores.as_dict()) == list(EMOTIONS)
