"""Text from outside as Markdown and as markup: whatever it says, it is shown as it is written."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.ui.plain import JOINER, in_html, plain
from recommender.text import visible
from tests.fakes.hostile import EVIL, HOSTILE, LINES, ORDINARY
from tests.fakes.markdown import active_forms

# Single letters are seldom next to each other in the right order by chance.
_PIECES = st.one_of(
    st.sampled_from((*"!-/:;<=>?@[]^_`{|}~\\#$%&'()*+,. \n\t1a", "http://", "www.", "->", "red")),
    st.sampled_from([piece for line in HOSTILE for piece in line[:200].split(" ")]),
    st.text(st.characters(codec=None), max_size=3),
)
TEXTS = st.lists(_PIECES, max_size=12).map("".join)


def written(markdown: str) -> str:
    """Return what is left of a Markdown when each backslash has said its sign."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown).replace(JOINER, "")


@pytest.mark.parametrize("line", LINES)
def test_a_hostile_line_has_an_active_form_and_none_once_it_is_plain(line: str) -> None:
    assert active_forms(line) or line == "x" * 10_000
    assert active_forms(plain(line)) == []


@given(TEXTS)
def test_no_text_becomes_markdown(text: str) -> None:
    assert active_forms(plain(text)) == []


@given(TEXTS)
def test_what_is_escaped_reads_as_the_text_that_is_seen(text: str) -> None:
    assert written(plain(text)) == visible(text)
    assert plain(visible(text)) == plain(text)


@given(TEXTS)
def test_what_is_seen_is_one_line_in_its_own_order(text: str) -> None:
    seen = visible(text)
    kinds = {unicodedata.category(letter) for letter in seen if letter not in "\u200c\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert seen == " ".join(seen.split()) == visible(seen)
    assert unescape(in_html(text)) == seen
    assert not set(in_html(text)) & set("<>\"'")


@given(TEXTS, TEXTS)
def test_two_texts_in_a_message_of_ours_are_no_markdown_together(one: str, two: str) -> None:
    assert active_forms(f"{plain(one)}: {plain(two)} (1 of 2) …") == []
    assert active_forms("  \n".join((plain(one), plain(two)))) == []


@pytest.mark.parametrize("title", ORDINARY)
def test_an_ordinary_title_keeps_each_letter(title: str) -> None:
    assert visible(title) == title
    assert written(plain(title)) == title
    assert active_forms(plain(title)) == []


def test_sentences_of_ours_stay_as_they_are() -> None:
    said = "bomb.wav: Hearing it ended the process (signal 9), so it can't be kept; try again?"
    assert plain(said) == said


@pytest.mark.parametrize(
    "sign", "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)
def test_nothing_turns_the_order_of_letters_around(sign: str) -> None:
    assert visible(f"txt{sign}exe") == "txt exe"
    assert sign not in plain(f"txt{sign}exe") + in_html(f"txt{sign}exe")


def test_a_picture_from_elsewhere_is_text_in_markup_too() -> None:
    assert in_html(f'<img src="http://{EVIL}/">') == f"&lt;img src=&quot;http://{EVIL}/&quot;&gt;"
