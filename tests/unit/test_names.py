import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.names import fold, printable


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("A. R. Rahman", "A.R. RAHMAN"),
        ("Beyoncé", "beyonce"),
        ("JAY-Z", "Jay Z"),
        ("MØ", "mo"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
    ],
)
def test_spellings_of_one_name_are_the_same(first: str, second: str) -> None:
    assert fold(first) == fold(second)


@pytest.mark.parametrize(
    ("first", "second"), [("Queen", "Queens"), ("!!!", "???"), ("रीति", "रति")]
)
def test_different_names_stay_different(first: str, second: str) -> None:
    assert fold(first) != fold(second)


@given(st.text(st.characters(codec=None)))
def test_no_text_is_too_strange(text: str) -> None:
    assert isinstance(fold(text), str)


@given(st.text(st.characters(codec=None)))
def test_a_shown_text_is_one_line_that_any_file_takes(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert shown.encode().decode() == shown
