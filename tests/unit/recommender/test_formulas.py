"""Formulas in cells."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.text import FORMULA_SIGNS, guarded, unguarded

PIECES = st.sampled_from([*FORMULA_SIGNS, *"'\";,\t\r\n x1", "\u3000"])


@given(st.lists(PIECES, max_size=12).map("".join))
@example("'=1")
@example("''=1;'=1")
def test_a_text_comes_back_as_it_was_and_begins_no_formula_anywhere(text: str) -> None:
    assert unguarded(guarded(text)) == text
    for part in re.split("[;\t\r\n]", guarded(text)):
        assert not part.lstrip().lstrip('"').lstrip().startswith(FORMULA_SIGNS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("x;=1+1", "x;'=1+1"),
        ("x\t @y", "x\t '@y"),
        ("a\r\n-1", "a\r\n'-1"),
        ("Jay-Z + A = B", "Jay-Z + A = B"),
        ("", ""),
    ],
)
def test_an_apostrophe_stands_before_a_formula(text: str, expected: str) -> None:
    assert guarded(text) == expected
