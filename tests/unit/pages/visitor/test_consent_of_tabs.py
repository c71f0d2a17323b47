"""Who has agreed, in which tab."""

from __future__ import annotations

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui.listen.modes import PHOTO
from pages.ui.visitor import browser, consent
from pages.ui.visitor.agreements import Agreements, Consent

PROJECT = Path(__file__).resolve().parents[4]


class Tab:
    """One tab of a browser, as `st.session_state` and the browser's word make it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
        self.state: dict[str, object] = {}
        self._word, self._patch = word, monkeypatch

    def turn(self) -> Tab:
        """Let what follows happen in this tab."""
        self._patch.setattr(st, "session_state", self.state)
        self._patch.setattr(browser, "key", lambda: self._word)
        return self

    def run(self) -> bool:
        """Run a page, and return whether it may open a camera."""
        self.turn()
        consent.follow()
        return consent.given()


@pytest.fixture
def hung_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often a connection to a camera was closed; agreements of this test alone."""
    calls: list[str] = []
    monkeypatch.setattr(consent, "AGREEMENTS", Agreements())
    return calls


@pytest.mark.usefixtures("hung_up")
@pytest.mark.parametrize("word", ["", "mine"])
def test_without_an_agreement_there_is_none(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    tab = Tab(monkeypatch, word)
    assert not tab.run()
    # Nothing that a page or a test could write there counts.
    tab.state["consent"] = consent.NOTICE_VERSION
    assert not tab.run()
    consent.give()
    assert tab.run()
    consent.withdraw()
    assert not tab.run()


@pytest.mark.usefixtures("hung_up")
def test_tabs_of_one_browser_agree_together_and_others_are_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, stranger = (Tab(monkeypatch, word) for word in ("mine", "mine", "theirs"))
    assert not first.run()
    consent.give()
    assert first.run()
    assert second.run()
    assert not stranger.run()


def test_withdrawing_in_one_tab_ends_the_camera_of_another_and_no_tab_brings_it_back(
    monkeypatch: pytest.MonkeyPatch, hung_up: list[str]
) -> None:
    first, second = Tab(monkeypatch, "mine"), Tab(monkeypatch, "mine")
    first.run()
    consent.give()
    first.run()
    agreed = consent.current()
    assert agreed is not None
    first.state |= {"live": 1, "photo": 2, "way": "camera"}
    consent.hang_up_with(lambda: hung_up.append("hung up"))
    second.run()
    consent.withdraw()
    # Before the first tab has run again: this is what its frames ask.
    assert not agreed.given
    first.turn()
    assert consent.has_changed()
    assert not first.run()
    assert hung_up == ["hung up"]
    assert not {"live", "photo", "stop"} & set(first.state)
    assert first.state["way"] == "camera"
    assert not second.run()
    assert not Tab(monkeypatch, "mine").run()


def test_a_camera_from_before_a_withdrawal_stops_though_the_visitor_has_agreed_again(
    monkeypatch: pytest.MonkeyPatch, hung_up: list[str]
) -> None:
    first, second = Tab(monkeypatch, "mine"), Tab(monkeypatch, "mine")
    first.run()
    consent.give()
    first.run()
    agreed = consent.current()
    first.state["live"] = 1
    consent.hang_up_with(lambda: hung_up.append("hung up"))
    second.run()
    consent.withdraw()
    consent.give()
    assert first.run()
    assert hung_up == ["hung up"]
    assert first.state["stop"] is True
    assert "live" not in first.state
    assert agreed is not None
    assert not agreed.given
    assert agreed is not consent.current()


@pytest.mark.usefixtures("hung_up")
def test_a_new_version_of_the_notice_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    for word in ("", "mine"):
        tab = Tab(monkeypatch, word)
        tab.run()
        consent.give()
        assert tab.run()
        monkeypatch.setattr(consent, "NOTICE_VERSION", f"{consent.NOTICE_VERSION}+")
        assert not tab.run()


def test_a_page_without_cookies_agrees_in_its_own_session() -> None:
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["way"] = PHOTO
    page.run()
    assert "agree" in {one.key for one in page.button}
    # The page itself is drawn by models that are not needed here.
    page.switch_page("pages/about.py").run()
    assert "withdraw" not in {one.key for one in page.button}
    page.session_state["consent"] = Consent(consent.NOTICE_VERSION)
    page.run()
    page.button(key="withdraw").click().run()
    assert not page.exception
    assert "withdraw" not in {one.key for one in page.button}
