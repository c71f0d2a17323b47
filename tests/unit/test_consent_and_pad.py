"""Who has agreed, and what counts as a point on the pad."""

from __future__ import annotations

import pytest
import streamlit as st

from pages.ui import consent, pad


@pytest.mark.parametrize(
    ("state", "cookies", "expected"),
    [
        ({}, {}, False),
        ({}, {consent.COOKIE: consent.NOTICE_VERSION}, True),
        ({}, {consent.COOKIE: "0"}, False),
        ({}, {consent.COOKIE: ""}, False),
        ({"consent": consent.NOTICE_VERSION}, {}, True),
        ({"consent": "withdrawn"}, {consent.COOKIE: consent.NOTICE_VERSION}, False),
        ({"consent": True}, {}, False),
    ],
)
def test_agreement(state: dict[str, object], cookies: dict[str, str], expected: bool) -> None:
    assert consent.agreed(state, cookies) is expected


def test_withdrawing_forgets_the_last_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"consent": consent.NOTICE_VERSION, "live": 1, "photo": 2, "way": "Camera"}
    monkeypatch.setattr(st, "session_state", state)
    consent.withdraw()
    assert state == {"consent": "withdrawn", "way": "Camera"}


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
    monkeypatch.setattr(st, "session_state", {pad.KEY: {"point": point}})
    assert pad.chosen_point() == expected


def test_before_the_pad_is_drawn_there_is_no_point(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(st, "session_state", {})
    assert pad.chosen_point() is None
