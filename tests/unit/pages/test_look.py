"""The colours of the pages: enough contrast in both themes, and lights for every feeling."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pages.ui import theme
from recommender.mood import FEELINGS

PROJECT = Path(__file__).resolve().parents[3]
THEME = tomllib.loads((PROJECT / ".streamlit" / "config.toml").read_text())["theme"]
TEXT, CAPTION = 4.5, 5.0


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, "#rrggbb"."""

    def luminance(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("mode", "index"), [("light", 0), ("dark", 1)])
def test_text_stands_out_from_the_grounds_of_both_themes(mode: str, index: int) -> None:
    ours = THEME[mode]
    assert contrast("#ffffff", ours["primaryColor"]) >= TEXT
    for name, least in (("muted", CAPTION), ("chosen", CAPTION)):
        found = re.search(rf"--mr-{name}: light-dark\((#\w+), (#\w+)\)", theme.STYLE)
        assert found
        for ground in ("backgroundColor", "secondaryBackgroundColor"):
            assert contrast(found.groups()[index], ours[ground]) >= least
            assert contrast(ours["linkColor"], ours[ground]) >= TEXT


def test_every_feeling_has_three_lights() -> None:
    assert set(theme.LIGHTS) == set(FEELINGS)
    assert all(len(set(lights)) == 3 for lights in theme.LIGHTS.values())
