"""Spotify's mark and covers, as far as no browser is needed."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from pages.ui import theme
from pages.ui.tiles import grid
from recommender.types import ART_HOSTS


def test_covers_from_every_host_of_spotify_stay_as_they_are() -> None:
    rules = re.findall(
        r"\.st-key-tiles a(?::has\(>)? img:is\((.*?)\)[^{]*\{\s*border-radius: 4px", theme.STYLE
    )
    assert len(rules) == 2
    for rule in rules:
        places = re.findall(r'\[src\*="([^"]+)"\]', rule)
        for host in ART_HOSTS:
            assert any(place in f"https://{host}/image/x" for place in places), host


def test_the_mark_is_the_icon_in_spotifys_green_and_names_its_source() -> None:
    text = grid._ICON.read_text(encoding="utf-8")
    assert "simple-icons" in text
    assert ET.fromstring(text).get("fill") == "#1ed760"  # noqa: S314 - our own file


def test_the_mark_is_not_smaller_than_spotify_allows() -> None:
    assert grid.ICON_PX >= 21
