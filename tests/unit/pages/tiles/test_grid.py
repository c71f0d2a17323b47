"""Spotify's mark and covers, as far as no browser is needed."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from pages.ui import theme
from pages.ui.tiles import grid, items, playing
from recommender.mood import mood_of_emotion
from recommender.types import ART_HOSTS, DEEZER_ART_HOSTS, Preferences, SourceName, Track


def test_covers_from_every_host_of_spotify_stay_as_they_are() -> None:
    rules = re.findall(
        r"\.st-key-tiles a(?::has\()? ?> img:is\((.*?)\)[^{]*\{\s*border-radius: 4px", theme.STYLE
    )
    assert len(rules) == 2
    for rule in rules:
        places = re.findall(r'\[src\*="([^"]+)"\]', rule)
        for host in ART_HOSTS - DEEZER_ART_HOSTS:
            assert any(place in f"https://{host}/image/x" for place in places), host


def test_the_mark_is_the_icon_in_spotifys_green_and_names_its_source() -> None:
    text = grid._ICON.read_text(encoding="utf-8")
    assert "simple-icons" in text
    assert ET.fromstring(text).get("fill") == "#1ed760"  # noqa: S314 - our own file


def test_the_mark_is_not_smaller_than_spotify_allows() -> None:
    assert grid.ICON_PX >= 21


def test_a_cover_has_the_colours_of_the_mood_asked_for_where_the_songs_own_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happy = mood_of_emotion("happy")
    now = playing.Playing(happy, Preferences(), (), ())
    known = Track("Song", ("A",), SourceName.CATALOGUE, "1", valence=-0.5, energy=0.2)
    unknown = Track("Song", ("A",), SourceName.SPOTIFY, "1")
    monkeypatch.setattr(playing, "playing", lambda: now)
    assert items.placed(known) == known
    placed = items.placed(unknown)
    assert (placed.valence, placed.energy) == (happy.valence, happy.energy)
    monkeypatch.setattr(playing, "playing", lambda: None)
    assert items.placed(unknown) == unknown


@pytest.mark.parametrize(
    ("mood", "journey", "label"),
    [
        (None, False, "Find songs"),
        ("happy", False, "Find songs"),
        ("sad", False, "Now sad: new songs?"),
        (None, True, "Find songs"),
        ("happy", True, "New journey"),
        ("sad", True, "Start again from sad"),
    ],
)
def test_the_button_says_what_a_press_would_do(
    monkeypatch: pytest.MonkeyPatch, mood: str | None, label: str, *, journey: bool
) -> None:
    now = playing.Playing(mood_of_emotion("happy"), Preferences(), (), ())
    monkeypatch.setattr(playing.Playing, "is_journey", property(lambda _: journey))
    monkeypatch.setattr(playing, "playing", lambda: now)
    assert playing.button_label(mood and mood_of_emotion(mood)) == label
    monkeypatch.setattr(playing, "playing", lambda: None)
    assert playing.button_label(mood_of_emotion("sad")) == "Find songs"
