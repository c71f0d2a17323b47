"""The agreements of all browsers, in memory."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import streamlit as st

from pages.ui import resources
from pages.ui.visitor import agreements, consent
from pages.ui.visitor.agreements import Agreements
from recommender.settings import settings_from

ROUNDS = 200


def test_an_agreement_is_one_browsers_and_lasts_until_it_is_withdrawn() -> None:
    all_ = Agreements()
    assert all_.of("mine") is None
    mine = all_.give("mine", "2")
    assert all_.of("mine") is mine
    assert mine.given
    assert mine.version == "2"
    assert all_.of("theirs") is None
    theirs = all_.give("theirs", "2")
    all_.withdraw("mine")
    assert not mine.given
    assert all_.of("mine") is None
    assert theirs.given
    all_.withdraw("mine")
    all_.withdraw("nobody")


def test_agreeing_in_two_tabs_is_one_agreement_and_agreeing_again_another() -> None:
    all_ = Agreements()
    before = all_.give("mine", "2")
    assert all_.give("mine", "2") is before
    all_.withdraw("mine")
    after = all_.give("mine", "2")
    assert after is not before
    assert (before.given, after.given) == (False, True)


def test_another_version_ends_the_agreement_to_the_one_before() -> None:
    all_ = Agreements()
    before = all_.give("mine", "2")
    after = all_.give("mine", "3")
    assert (before.given, after.given, after.version) == (False, True, "3")


def test_memory_has_an_end_and_who_falls_out_has_not_agreed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(agreements, "MAX_AGREEMENTS", 3)
    all_ = Agreements()
    made = [all_.give(str(number), "2") for number in range(5)]
    assert [one.given for one in made] == [False, False, True, True, True]
    assert all_.of("1") is None
    assert agreements.MAX_AGREEMENTS < 1 << 20


def test_whoever_withdraws_last_has_withdrawn_whatever_other_threads_do() -> None:
    all_ = Agreements()
    go = threading.Barrier(8)

    def press(number: int) -> None:
        go.wait()
        for _ in range(ROUNDS):
            all_.give("mine", "2")
            all_.of("mine")
            if number % 2:
                all_.withdraw("mine")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(press, range(8)))
    kept = all_.of("mine")
    assert kept is None or kept.given
    all_.withdraw("mine")
    assert kept is None or not kept.given
    assert all_.of("mine") is None


@pytest.mark.parametrize(("value", "named"), [("ask", True), ("on", True), ("off", False)])
def test_the_notice_says_what_deezer_learns_where_it_may_be_asked(
    monkeypatch: pytest.MonkeyPatch, value: str, named: bool
) -> None:
    settings = settings_from({"MOODRING_DEEZER": value})
    monkeypatch.setattr(resources, "settings", lambda: settings)
    (said,) = (text for title, text in consent._points(()) if title == "What is sent out")
    learns = "learns the titles of the songs, and your address" in said
    assert (learns, "Deezer" in said, "Never your face." in said) == (named, named, True)


@pytest.mark.parametrize("counts", [True, False])
def test_the_notice_says_that_streamlit_counts_visits_where_a_host_makes_it_do_so(
    monkeypatch: pytest.MonkeyPatch, counts: bool
) -> None:
    options = {"browser.gatherUsageStats": counts}
    monkeypatch.setattr(st, "get_option", options.__getitem__)
    (said,) = (text for title, text in consent._points(()) if title == "What is sent out")
    assert ("Streamlit's makers count visits here" in said) is counts
    assert said == said.strip()


def test_the_notice_names_each_server_and_says_what_a_relay_does() -> None:
    def kept(**environ: str) -> str:
        points = consent._points(settings_from(environ).named_servers)
        return next(text for title, text in points if title == "What is kept")

    assert "No other server takes part" in kept()
    stun = kept(MOODRING_ICE_SERVERS='[{"urls": ["stun:a.example", "stun:b.example"]}]')
    assert "asks stun:a.example and stun:b.example, which" in stun
    assert "relay" not in stun
    own = kept(
        MOODRING_TURN_URLS="turn:c.example",
        MOODRING_TURN_SECRET="canary",
        MOODRING_SERVER_ICE_SERVERS='[{"urls": "turns:c.example:443"}]',
    )
    assert "turn:c.example and turns:c.example:443" in own
    assert "pass encrypted through a relay" in own
    hosted = kept(MOODRING_CLOUDFLARE_TURN_ID="id", MOODRING_CLOUDFLARE_TURN_TOKEN="canary")
    assert "turn.cloudflare.com" in hosted
    assert "canary" not in own + hosted


def test_a_bad_setting_does_not_hide_the_notice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "settings", lambda: settings_from({"MOODRING_DEEZER": "1"}))
    assert not any("Deezer" in text for _, text in consent._points(()))
