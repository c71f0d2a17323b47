"""The language of the pages: the address before the cookie before the browser's wishes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from pages.ui import about
from pages.ui.visitor.language import asked_for, chosen, direction, of_request
from recommender.languages import language_named
from recommender.wording import LANGUAGES, PSEUDO
from tests.layout import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("named", "kept", "accepted", "language"),
    [
        (None, None, "", "en"),
        (None, None, "de-AT,de;q=0.9,en;q=0.8", "de"),
        (None, None, "nl,ta;q=0.5,hi;q=0.7", "hi"),
        (None, None, "*;q=0.1, xx", "en"),
        (None, "ja", "de", "ja"),
        ("ar", "ja", "de", "ar"),
        ("xx", "ja", "de", "ja"),
        ("", "../de", "fr", "fr"),
        (PSEUDO, "ja", "de", PSEUDO),
    ],
)
def test_a_choice_comes_before_what_the_browser_asks_for(
    named: str | None, kept: str | None, accepted: str, language: str
) -> None:
    assert asked_for(named, kept, accepted) == language


def test_a_request_is_answered_in_its_language() -> None:
    headers = [(b"accept-language", b"fr"), (b"cookie", b"moodring_interface=hi")]
    scope = {"type": "http", "headers": headers, "query_string": b""}
    assert of_request(Request(scope)) == "hi"
    assert of_request(Request({**scope, "query_string": b"interface=es"})) == "es"


def test_outside_of_a_page_nobody_has_chosen() -> None:
    assert chosen() == "en"
    assert {code: direction(code) for code in ("ar", "de")} == {"ar": "rtl", "de": "ltr"}


@pytest.fixture
def page() -> Iterator[AppTest]:
    def draw() -> None:
        from pages.ui.visitor import language
        from recommender import wording

        wording.read_by(language.chosen)
        language.show_choice()

    from recommender import wording

    before = wording.read_by(None)
    yield AppTest.from_function(draw, default_timeout=20)
    wording.read_by(before)


def test_a_choice_is_kept_in_the_session_and_the_address(page: AppTest) -> None:
    page.run()
    box = page.selectbox(key="interface-language")
    assert (box.value, box.label) == ("en", "Language")
    assert box.options == [*LANGUAGES.values()]
    box.select("de").run()
    assert not page.exception
    assert page.query_params["interface"] == "de"
    assert page.selectbox(key="interface-language").value == "de"
    assert page.session_state["interface"] == "de"


def test_a_language_for_tests_can_be_asked_for_only_in_the_address(page: AppTest) -> None:
    page.query_params["interface"] = PSEUDO
    page.run()
    assert page.selectbox(key="interface-language").options == [*LANGUAGES.values(), PSEUDO]


def test_the_languages_that_no_native_speaker_has_read_are_named() -> None:
    codes = {found.code for found in map(language_named, about.UNREAD) if found}
    assert codes == set(LANGUAGES) - {"en"}
    told = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = told[told.index("**A language of the pages**") :]
    assert [name for name in about.UNREAD if name not in told] == []
