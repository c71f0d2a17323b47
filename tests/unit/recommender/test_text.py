import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.text import fold, plain_title, printable


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


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Hello - Remastered 2011", "Hello"),
        ("Hello (2011 Remaster) [Mono]", "Hello"),
        ("Hello (feat. Nobody)", "Hello"),
        ('Hello (From "A Film")', "Hello"),
        ("Hello – Single Version", "Hello"),
        ("Hello - Bonus Track", "Hello"),
        ("Hello (Live)", "Hello (Live)"),
        ("Hello - Acoustic", "Hello - Acoustic"),
        ("Hello (Is It Me)", "Hello (Is It Me)"),
        ("Stereo", "Stereo"),
        ("(Remastered)", "(Remastered)"),
        ("Mono)", "Mono)"),
        ("", ""),
    ],
)
def test_a_titles_ending_goes_when_it_names_a_version_of_the_same_song(
    title: str, plain: str
) -> None:
    assert plain_title(title) == plain


@given(st.text(st.characters(codec=None)) | st.text("ab()[]- ", max_size=40))
def test_a_title_keeps_its_beginning(title: str) -> None:
    plain = plain_title(title)
    assert title.strip().startswith(plain.strip())
    assert bool(plain.strip()) == bool(title.strip())
    assert plain_title(plain) == plain
