"""Own plays go to ListenBrainz by a token that is given on the Library page."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from detectors.types import Message
from pages.ui import resources
from pages.ui.library import scrobbling
from pages.ui.visitor import browser
from recommender.listenbrainz.outbox import Outboxes
from recommender.subsonic.client import Login, SubsonicClient
from recommender.subsonic.heard import HeardInMemory
from recommender.subsonic.server import MusicServer
from recommender.subsonic.shelf import Shelf
from recommender.web.addresses import owners_address
from tests.busy import LATE_S, wait_until
from tests.fakes import subsonic
from tests.fakes.library import keep_song
from tests.fakes.listenbrainz import TOKEN, USER, FakeListenBrainz
from tests.fakes.subsonic import FakeSubsonic, song
from tests.fakes.visits import ME, OTHER, Visit, open_page, run, words
from tests.fakes.visits import TOKEN as VISITOR

if TYPE_CHECKING:
    from collections.abc import Iterator

WATCHER = "moodring_played"


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeListenBrainz]:
    with FakeListenBrainz() as started:
        outboxes = Outboxes(started.base)
        monkeypatch.setattr(resources, "listenbrainz", lambda: outboxes)
        monkeypatch.setattr(browser, "key", lambda: "b" * 64)
        yield started


def connect(page: AppTest, token: str, address: str = "") -> str:
    """Give a token and return what the page says."""
    page.text_input(key="listenbrainz-token").set_value(token)
    page.text_input(key="listenbrainz-address").set_value(address)
    (button,) = (one for one in page.button if one.form_id == "listenbrainz-form")
    button.click()
    return words(run(page))


def test_a_token_is_given_and_taken_back(
    visit: Visit, fake: FakeListenBrainz, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_song(visit.engine, "Mine", listener=ME)
    page = open_page()
    assert "does not accept the token" in connect(page, "wrong")
    assert "needs an address" in connect(page, TOKEN, "http://127.0.0.1:1")
    said = connect(page, TOKEN)
    assert USER in said
    assert "0 plays handed in" in said
    ours = resources.listenbrainz().of("b" * 64)
    assert ours is not None
    fake.faults = ["401"]
    ours.problem = Message("listenbrainz-full")
    assert "too busy" in words(run(page))
    ours.add(scrobbling.Listen(1_790_000_000, "Fake Song", "Fake Band"))
    assert ours._ended.wait(LATE_S)
    assert "does not accept the token" in words(run(page))
    assert USER in connect(page, TOKEN)
    page.button(key="listenbrainz-off").click()
    assert USER not in words(run(page))
    assert resources.listenbrainz().of("b" * 64) is None
    monkeypatch.setattr(browser, "key", lambda: "")
    assert "allow cookies" in connect(page, TOKEN)


def note() -> None:
    import streamlit as st

    from pages.ui.library import scrobbling

    scrobbling.hear()
    scrobbling.note_played(st.session_state["told"])


def trigger() -> None:
    import streamlit as st

    from pages.ui.library import scrobbling

    st.session_state[scrobbling.KEY] = {"played": st.session_state["told"]}
    scrobbling._note()


def test_plays_that_count_are_handed_in(visit: Visit, fake: FakeListenBrainz) -> None:
    mine = keep_song(visit.engine, "Mine", "Fake Artist", listener=ME)
    nameless = keep_song(visit.engine, "Nameless", scrobbling.UNKNOWN_ARTIST, listener=ME)
    theirs = keep_song(visit.engine, "Theirs", listener=OTHER)
    now = int(time.time())
    heard = {"id": mine, "listened_at": now - 300, "seconds": 91}
    page = AppTest.from_function(note)
    page.session_state["listener-token"] = VISITOR
    page.session_state["listener-kept"] = True
    page.session_state["told"] = [heard]
    # Without a token, nothing is counted.
    assert not run(page).get("bidi_component")
    outbox = resources.listenbrainz().connect("b" * 64, TOKEN)
    page.session_state["told"] = [
        {**heard, "seconds": 90},
        {**heard, "id": theirs},
        {**heard, "id": nameless},
        {**heard, "id": "x"},
        {**heard, "id": None},
        {**heard, "listened_at": now - 2 * scrobbling.MAX_AGE_S},
        {**heard, "listened_at": now + 2 * scrobbling.MAX_AHEAD_S},
        {**heard, "listened_at": True},
        {**heard, "seconds": "91"},
        {},
        "Mine",
        heard,
    ]
    drawn = run(page).get("bidi_component")
    assert [one.proto.component_name.endswith(WATCHER) for one in drawn] == [True]
    (listen,) = fake.wait_for(1, LATE_S)
    assert listen["listened_at"] == now - 300
    about = listen["track_metadata"]
    assert (about["track_name"], about["artist_name"]) == ("Mine", "Fake Artist")
    assert (about["release_name"], about["additional_info"]["duration"]) == ("Fake Album", 181)
    for nothing in (None, {}, "played"):
        page.session_state["told"] = nothing
        run(page)
    # The server has it a moment before the outbox has its answer.
    wait_until(lambda: outbox.waiting == 0)
    assert (outbox.waiting, len(fake.listens)) == (0, 1)
    triggered = AppTest.from_function(trigger)
    triggered.session_state["listener-token"] = VISITOR
    triggered.session_state["listener-kept"] = True
    triggered.session_state["told"] = [{**heard, "listened_at": now}]
    run(triggered)
    assert len(fake.wait_for(2, LATE_S)) == 2


def ask_for_sound() -> None:
    import streamlit as st

    from pages.ui.library import servers

    st.session_state["heard-at"] = [
        servers.address_of(key) for key in (st.session_state["song"], "")
    ]


def test_plays_of_a_servers_songs_are_told_there_too(
    visit: Visit, fake: FakeListenBrainz, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeSubsonic([song(1), song(2)]) as shelf:
        login = Login(subsonic.USER, subsonic.PASSWORD)
        client = SubsonicClient(owners_address(shelf.base), login)
        server = MusicServer(Shelf(client, HeardInMemory()))
        server.look()
        monkeypatch.setattr(resources, "music_server", lambda: server)
        monkeypatch.setattr(resources, "browser_secret", lambda: b"s" * 32)
        one = server.shelf.songs()[0]
        began = int(time.time()) - 300
        page = AppTest.from_function(note)
        page.session_state["told"] = [{"id": one.key, "listened_at": began, "seconds": 200}]
        # It is the owner's account that is told.
        assert not run(page).get("bidi_component")
        resources.listenbrainz().connect("b" * 64, TOKEN)
        visit.sits_here(here=True)
        run(page)
        (listen,) = fake.wait_for(1, LATE_S)
        assert listen["track_metadata"]["artist_name"] == "Fake Artist 1"
        wait_until(lambda: len(shelf.scrobbled) == 1)
        assert shelf.scrobbled[0]["time"] == [f"{began}000"]
        asking = AppTest.from_function(ask_for_sound)
        asking.session_state["song"] = one.key
        heard, nothing = run(asking).session_state["heard-at"]
        assert heard.startswith("./moodring/server-sound/")
        assert nothing == ""
