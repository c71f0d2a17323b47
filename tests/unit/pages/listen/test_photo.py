"""A photo: where its face is, and what is said of a file that the browser sent to nobody."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from detectors.pipeline import NO_FACE, Reading
from detectors.types import EmotionScores, Face
from pages.ui.listen import photo
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable

HAPPY = EmotionScores(0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0)


def reader_of(monkeypatch: pytest.MonkeyPatch, reading: Reading) -> Callable[[bytes], photo.Photo]:
    picture = SimpleNamespace(pixels=np.zeros((100, 200, 3), np.uint8))
    decoder = SimpleNamespace(decode=lambda _: picture)
    analyser = SimpleNamespace(analyse=lambda _: reading)
    monkeypatch.setattr(photo.resources, "picture_decoder", lambda: decoder)
    monkeypatch.setattr(photo.resources, "analyser", lambda: analyser)
    return photo._read


def test_a_face_is_placed_in_shares_of_its_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    face = Face((50.0, 25.0, 100.0, 33.3333), 0.9)
    read = reader_of(monkeypatch, Reading(face, HAPPY))(b"")
    assert (read.scores, read.box) == (HAPPY, (0.25, 0.25, 0.5, 0.333))
    assert reader_of(monkeypatch, NO_FACE)(b"") == photo.Photo(None)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"refused": "kind"}, said("picture-unread-kind")),
        ({"refused": "size"}, said("picture-too-large", most=25)),
        ({"refused": "else"}, None),
        ({"refused": ["kind"]}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_refused_file_is_told_of_and_what_was_read_before_is_gone(
    monkeypatch: pytest.MonkeyPatch, told: object, error: str | None
) -> None:
    before = photo.Photo(HAPPY)
    state: dict[str, Any] = {photo.KEY: told, "photo": before}
    monkeypatch.setattr(photo.st, "session_state", state)
    photo._refused()
    assert state["photo"] == (before if error is None else photo.Photo(None, error))
