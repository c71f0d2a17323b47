"""The plane of valence and energy: its corners, and what counts as a point on the pad."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

import pytest
import streamlit as st

from detectors.types import QUADRANTS
from pages.ui import plane, theme
from recommender.mood import FEELINGS

SVG = "{http://www.w3.org/2000/svg}"


def test_each_corner_glows_in_the_colour_of_its_quadrant() -> None:
    kind, _, content = plane.GROUND.partition(";base64,")
    assert kind == "data:image/svg+xml"
    picture = ET.fromstring(base64.b64decode(content))  # noqa: S314 - our own picture
    glows = {
        glow.get("id"): (glow.get("cx"), glow.get("cy"), glow[0].get("stop-color"))
        for glow in picture.iterfind("{http://www.w3.org/2000/svg}radialGradient")
    }
    first = {feeling: lights[0] for feeling, lights in theme.LIGHTS.items()}
    assert glows == {
        "q1": ("1", "0", first["happy"]),
        "q2": ("0", "0", first["angry"]),
        "q3": ("0", "1", first["sad"]),
        "q4": ("1", "1", first["calm"]),
    }


def test_each_quadrant_has_a_word_and_a_colour() -> None:
    assert tuple(plane.corner_words()) == tuple(plane.QUADRANT_COLOURS) == QUADRANTS
    assert list(plane.corner_words().values()) == ["joyful", "fierce", "gloomy", "tender"]


def test_a_place_has_the_colour_of_the_nearest_feeling() -> None:
    for feeling, place in FEELINGS.items():
        assert plane.colour_at(*place) == theme.LIGHTS[feeling][0]
    assert plane.colour_at(1, 0) == theme.LIGHTS["calm"][0]


def test_a_map_has_its_words_and_tells_its_directions() -> None:
    said = plane.drawn("A & B.", "<i></i>", "moods")
    for word in plane.corner_words().values():
        assert f">{word}</span>" in said
    assert 'aria-label="A &amp; B. Brighter to the right, livelier to the top."' in said
    assert 'dir="ltr"' in said


def test_a_still_map_is_hidden_from_those_who_listen_to_the_page() -> None:
    assert 'aria-hidden="true"' in plane.still()
    assert plane.still(["data:,1", "data:,2"]).count('class="song"') == 2


def test_a_picture_of_dots_has_each_at_its_place_in_its_colour() -> None:
    picture = _read(plane.dots([(-1, 1), (1, 0), (1, 0.01)], 8))
    drawn = {one.get("stroke"): one.get("d") for one in picture.iter(f"{SVG}path")}
    assert drawn == {
        plane.colour_at(-1, 1): "M0 0h0",
        plane.colour_at(1, 0): "M1000 1000h0M1000 990h0",
    }


def _read(address: str) -> ET.Element:
    return ET.fromstring(base64.b64decode(address.partition(",")[2]))  # noqa: S314 - our own


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
