import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.text import CLOSE, NameIndex, fold, plain_title, visible


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
    shown = visible(text)
    assert len(shown) <= len(text)
    assert shown.splitlines() == ([shown] if shown else [])
    assert shown.encode().decode() == shown


@given(st.text(st.characters(codec=None)), st.integers(1, 9))
def test_a_short_text_is_the_beginning_of_the_whole(text: str, length: int) -> None:
    short = visible(text, length)
    assert len(short) <= length
    assert short == short.strip()
    assert visible(text).startswith(short)


def test_a_text_that_is_none_is_nothing() -> None:
    assert visible(None) == visible(7) == visible(" \0") == ""
    assert visible(" \u200e", nothing="?") == "?"


ARTISTS = ("Anirudh", "A. R. Rahman", "Coldplay", "Beyoncé", "அனிருத்", "Аквариум", "Queen", "MØ")


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("Anirud", "Anirudh"),
        ("aniurdh", "Anirudh"),
        ("Coldpaly", "Coldplay"),
        ("Beyonxe", "Beyoncé"),
        ("A R Rahmann", "A. R. Rahman"),
        ("அனிருத", "அனிருத்"),
        ("Акварум", "Аквариум"),
    ],
)
def test_a_slip_in_a_name_is_set_right(wish: str, name: str) -> None:
    assert NameIndex(ARTISTS).match(wish) == [name]


@pytest.mark.parametrize("wish", ["Quen", "Queeen", "Cold", "Anurudhh", "", "Rihanna", "!!!"])
def test_in_doubt_nothing_is_guessed(wish: str) -> None:
    assert NameIndex(ARTISTS).match(wish) == []
    assert NameIndex(()).match(wish) == []


def test_of_two_names_as_close_none_is_guessed() -> None:
    assert NameIndex(("Anirudh", "Anirudi")).match("Anirud") == []
    assert NameIndex(("Anirudh", "Anirudi")).match("Anirudhh") == ["Anirudh"]


def test_a_slip_in_one_word_of_a_name_is_set_right() -> None:
    names = NameIndex(("Anirudh Ravichander", "Shakira", "Hans Zimmer", "Zimmer Frei"))
    assert names.match("Anirud") == ["Anirudh Ravichander"]
    assert names.is_guess("Anirud")
    assert names.match("Ravichandr") == ["Anirudh Ravichander"]
    assert names.match("Zimmerr") == ["Hans Zimmer", "Zimmer Frei"]
    assert names.match("Zimmer") == ["Hans Zimmer", "Zimmer Frei"]
    assert not names.is_guess("Zimmer")
    assert names.match("A Zimmerr") == []


def test_a_guess_is_the_last_resort() -> None:
    names = NameIndex(("Coldplay", "Coldplays", "The Coldplax"))
    assert names.match("coldplays") == ["Coldplays"]
    assert names.match("Coldplax") == ["The Coldplax"]


NAMES = st.lists(st.text("abcdeкம் -", min_size=1, max_size=12), max_size=8)


@given(NAMES, st.text("abcdeкம் -", max_size=12))
@example(["- a"], "-")
def test_a_guess_is_a_name_that_is_close_to_the_wish(names: list[str], wish: str) -> None:
    found = NameIndex(names).match(wish)
    assert set(found) <= set(names)
    folded, wanted = {fold(name) for name in found}, fold(wish)
    if wanted in map(fold, names):
        assert folded == {wanted}
    # A word that is all punctuation is in the words of a name, but not in its folded form.
    elif not any(
        wanted in fold(name) or wanted in "".join(map(fold, name.split())) for name in found
    ):
        for name in found:
            # Letters that differ number at least the difference in length.
            assert any(
                min(len(part), len(wanted)) >= CLOSE * max(len(part), len(wanted)) >= 5
                for part in (fold(name), *name.casefold().split())
            )


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
