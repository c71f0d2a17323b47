"""Parts of the model card that need no model."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np

from models.card import draw, precision_and_recall


def test_precision_and_recall_in_a_case_worked_out_by_hand() -> None:
    truth = np.array([0, 0, 0, 0, 1, 1, 3], np.int8)
    predicted = np.array([0, 0, 0, 1, 1, 2, 0])
    rows = precision_and_recall(predicted, truth, ("a", "b", "c", "d", "e"))
    assert rows == [
        ("a", 4, 0.75, 0.75, 0.75),
        ("b", 2, 0.5, 0.5, 0.5),
        # Said once and never true; true once and never said; neither.
        ("c", 0, 0.0, None, 0.0),
        ("d", 1, None, 0.0, 0.0),
        ("e", 0, None, None, None),
    ]


def test_a_class_without_faces_has_no_shares_in_the_picture() -> None:
    counts = np.array([[3, 1], [0, 0]])
    picture = ET.fromstring(draw(counts, ("a", "b"), counts, ("c", "d")))  # noqa: S314 - our own
    texts = [one.text for one in picture.iter() if one.tag.endswith("text")]
    shares = [text for text in texts if text and text.endswith("%")]
    assert shares == ["75%", "25%"] * 2
