"""The plane of valence and energy: its corners, and what counts as a point on the pad."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

import pytest
import streamlit as st

from detectors.types import QUADRANTS
from pages.ui import plane, theme


def test_each_corner_glows_in_the_colour_of_its_quadrant() -> None:
    kind, _, content = plane.GROUND.partition(";base64,")
    assert kind == "data:image/svg+xml"
    picture = ET.fromstring(base64.b64decode(content))  # noqa: S314 - our own picture
    glows = {
        glow.get("id"): (glow.get("cx"), glow.get("cy"), glow[0].get("stop-color"))
        for glow in picture.iterfind("{http://www.w3.org/2000/svg}radialGradient")
    }
    colours = theme.EMOTION_COLOURS
    assert glows == {
        "q1": ("1", "0", colours["happy"]),
        "q2": ("0", "0", colours["angry"]),
        "q3": ("0", "1", colours["sad"]),
        "q4": ("1", "1", colours["disgust"]),
    }


def test_a_quadrant_is_named_by_the_words_of_its_edges() -> None:
    assert tuple(plane.QUADRANTS) == QUADRANTS
    assert [words for words, _ in plane.QUADRANTS.values()] == [
        "pleasant and intense",
        "unpleasant and intense",
        "unpleasant and calm",
        "pleasant and calm",
    ]


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ({"valence": 0.5, "energy": 0.25}, (0.5, 0.25)),
        ({"valence": -1, "energy": 1}, (-1.0, 1.0)),
        ({"valence": 1.01, "energy": 0.5}, None),
        ({"valence": float("nan"), "energy": 0.5}, None),
        ({"valence": "x", "energy": 0.5}, None),
        ({"valence": 0.5}, None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_only_points_of_the_plane_count(
    monkeypatch: pytest.MonkeyPatch, point: object, expected: object
) -> None:
    monkeypatch.setattr(st, "session_state", {plane.KEY: {"point": point}})
    assert plane.chosen_point() == expected


def test_before_the_pad_is_drawn_there_is_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert plane.chosen_point() is None
