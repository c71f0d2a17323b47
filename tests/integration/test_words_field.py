"""The field "in words" on the Listen page: chips, songs, what is not understood, and help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.listen import words
from recommender.mood import FEELINGS
from recommender.text import NameIndex
from recommender.types import Goal, Mood
from recommender.wishes.understanding import MAX_SAID, NEUTRAL, understand
from recommender.wishes.vocabulary import MOODS
from tests.fakes.visits import PROJECT, TOKEN, fed, run
from tests.fakes.visits import words as all_words
from tests.said import said

if TYPE_CHECKING:
    from tests.fakes.visits import Visit

TEXT = "so tired, something calm in Tamil, nothing from the nineties, no rap, nothing by ABBA"


@pytest.fixture(autouse=True)
def offered(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """A visitor, and languages and artists to wish for."""
    names = (["Tamil", "Hindi"], ["ABBA", "Queen"])
    monkeypatch.setattr(resources, "offered_names", lambda: names)
    monkeypatch.setattr(resources, "artist_index", lambda: NameIndex(names[1]))
    return visit


def opened(way: str = "by-hand", address: str = "", **state: object) -> AppTest:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"], page.session_state["listener-kept"] = TOKEN, True
    if way:
        page.session_state["way"] = way
    if address:
        page.query_params["interface"] = address
    for name, value in state.items():
        page.session_state[name] = value
    return run(page)


def say(page: AppTest, text: str) -> AppTest:
    page.text_input(key="wish-words").set_value(text)
    return run(page)


def chips(page: AppTest) -> list[str]:
    return [
        button.label.replace("\\", "")
        for button in page.button
        if str(button.key).startswith("understood-")
    ]


def label(page: AppTest) -> str:
    seen = fed(page)
    return str(seen.get("label") or words.feeling_word(str(seen["name"])))


def keys(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


@pytest.mark.parametrize("way", ["by-hand", "camera"])
def test_songs_come_at_once_and_each_wish_is_a_chip_that_goes(way: str) -> None:
    page = say(opened(way), TEXT)
    playing = page.session_state["playing"]
    assert playing.mood == understand(TEXT).point()
    wishes = playing.preferences
    assert (wishes.languages, wishes.not_decades) == (("Tamil",), (1990,))
    assert (wishes.not_genres, wishes.not_artists) == (("hip hop",), ("ABBA",))
    assert page.session_state["goal"] == wishes.goal == Goal.CALM
    assert chips(page) == [
        "Remove **very tired**",
        "Remove **Calm me down**",
        "Remove **Tamil**",
        "Remove **nothing from the 1990s**",
        "Remove **no rap**",
        "Remove **no ABBA**",
    ]
    for left in range(5, -1, -1):
        page.button(key=f"understood-{min(left, 2)}").click()
        run(page)
        assert len(chips(page)) == left
        assert page.session_state["playing"] is not playing
        playing = page.session_state["playing"]
    assert playing.mood == NEUTRAL
    assert playing.preferences.goal == page.session_state["goal"] == Goal.MATCH
    assert playing.preferences.languages == playing.preferences.not_genres == ()


def test_a_mood_in_words_is_the_mood_and_without_one_it_is_the_present() -> None:
    page = opened()
    page.button_group(key="chip").set_value("happy")
    run(page)
    say(page, "no rap")
    assert page.session_state["playing"].mood == Mood(*FEELINGS["happy"])
    say(page, "a bit sad")
    assert label(page) == "a bit sad"
    assert fed(page)["said"] == "You feel"
    # One mood is shown, and the chip comes back when the words are gone.
    assert page.button_group(key="chip").value is None
    say(page, "no rap")
    assert page.button_group(key="chip").value == "happy"
    say(page, "a bit sad")
    assert page.session_state["playing"].preferences.not_genres == ()
    # A press on a chip tells another mood, and leaves the wishes.
    say(page, "lonely, fado")
    page.button_group(key="chip").set_value("calm")
    run(page)
    assert label(page) == "calm"
    assert chips(page) == ["Remove **fado**"]
    assert page.session_state["playing"].mood == Mood(*FEELINGS["calm"])
    assert page.session_state["playing"].preferences.genres == ("fado",)
    # To empty the field is to remove all chips.
    say(page, "")
    assert chips(page) == []
    assert page.session_state["playing"].preferences.genres == ()


def test_the_first_mood_that_is_told_replaces_songs_for_none() -> None:
    page = say(opened(), "rock")
    assert page.session_state["playing"].mood == NEUTRAL
    page.session_state["hand"] = Mood(*FEELINGS["sad"])
    assert run(page).session_state["playing"].mood == Mood(*FEELINGS["sad"])


def test_wishes_in_words_add_up_with_the_filters_and_stay_on_the_way_back() -> None:
    page = opened()
    page.multiselect(key="language").set_value(["Hindi"])
    say(page, "happy, Tamil, songs by Queen")
    wishes = page.session_state["playing"].preferences
    assert (wishes.languages, wishes.artists) == (("Hindi", "Tamil"), ("Queen",))
    run(page.switch_page("pages/about.py"))
    run(page.switch_page("app.py"))
    assert page.text_input(key="wish-words").value == "happy, Tamil, songs by Queen"
    assert page.session_state["playing"].preferences == wishes
    assert page.query_params["language"] == "Hindi"


def test_another_pill_is_another_goal_than_that_of_the_words() -> None:
    page = say(opened(), "sad, cheer me up")
    assert page.session_state["goal"] == "happy"
    page.button_group(key="goal").set_value("focused")
    assert chips(run(page)) == ["Remove **sad**"]
    assert page.session_state["playing"].preferences.goal == "focused"
    # It stays with other words; what the words brought goes with them.
    assert say(page, "sad").session_state["goal"] == "focused"
    say(page, "sad, cheer me up")
    assert say(page, "sad, no rap").session_state["goal"] == "match"


@pytest.mark.parametrize("asked", ["chip", "text"])
def test_a_cry_for_help_gets_one_sentence_and_no_songs(asked: str) -> None:
    page = say(opened(), "sad, some fado")
    before = page.session_state["playing"]
    say(page, "i want to kill myself, play some fado")
    (told,) = page.info
    assert told.value == said("words-help")
    assert chips(page) == []
    assert not any(key.startswith(("more", "lift", "like-")) for key in keys(page))
    assert page.session_state["playing"] is before
    run(page)
    assert page.session_state["playing"] is before
    if asked == "chip":
        page.button_group(key="chip").set_value("calm")
        run(page)
    else:
        say(page, "calm")
    assert not page.info
    assert page.session_state["playing"] is not before


def test_a_cry_for_help_first_of_all_fetches_nothing_even_with_a_mood() -> None:
    page = say(opened(), "i want to die")
    page.session_state["hand"] = Mood(*FEELINGS["sad"])
    assert "playing" not in run(page).session_state
    page.button(key="play-my-mood").click()
    assert "playing" in run(page).session_state
    assert not page.info


def test_what_is_not_understood_is_one_short_line_and_no_songs_come() -> None:
    page = say(opened(), f"<b>plonk</b> {'x' * 200}")
    assert "playing" not in page.session_state
    (line,) = [one.value for one in page.caption if one.value.startswith("Not understood")]
    assert "\\</b" in line
    assert len(line) < 2 * words.MAX_LEFT_OVER


@pytest.mark.parametrize("length", [MAX_SAID, MAX_SAID + 1])
def test_a_longer_text_is_cut_and_a_sentence_says_so(length: int) -> None:
    page = say(opened(), "happy".ljust(length - 1) + "x")
    told = said("words-too-long", characters=MAX_SAID)
    assert (told in all_words(page)) == (length > MAX_SAID)
    assert label(page) == "happy"


def test_the_notice_leaves_the_field_in_use() -> None:
    page = say(opened(way=""), "tired")
    assert "agree" in keys(page)
    assert chips(page) == ["Remove **tired**"]
    assert page.session_state["playing"].mood == understand("tired").point()


def test_chips_speak_the_visitors_language_and_a_text_is_read_in_it() -> None:
    page = say(opened(address="de"), "müde, auf Tamil, ohne Rap, Instrumental")
    told = " ".join(chips(page))
    assert "Rap" in told
    assert "Tamil" in told
    page = say(opened(address="en-XA"), "very tired, no Hindi, instrumental")
    assert all("⟦" in chip for chip in chips(page))


@pytest.mark.parametrize("mood", MOODS)
def test_each_mood_has_a_word(mood: str) -> None:
    assert words.feeling_word(mood)
