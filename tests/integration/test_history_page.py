"""The History page over a real database: the switch, what it shows, and the buttons."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import streamlit as st
from sqlalchemy import text
from streamlit.testing.v1 import AppTest

from pages.ui import resources
from pages.ui.history.page import MOST_OPENED, ROWS, SHOWN
from pages.ui.visitor.listener import MOODS_APART_S
from recommender.catalogue.writer import SongRecord, key_of, replace_batch
from recommender.db.engine import write_transaction
from recommender.errors import Unavailable
from recommender.listeners.history import History
from recommender.listeners.store import Listeners, id_of
from recommender.taste import NOBODY, Verdict
from recommender.types import Mood, SourceName, Track
from recommender.wiring import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

PROJECT = Path(__file__).resolve().parents[2]
TOKEN = "t" * 22
ME, OTHER = id_of(TOKEN), id_of("other")
NOW = datetime.now(UTC)
# The week, and the last day; the map is none of Altair's.
CHARTED_BELOW = 2
SONG = Track("<i>Halo</i>", ("Beyoncé",), SourceName.CATALOGUE, "halo")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path)
    yield opened
    opened.dispose()


@pytest.fixture
def listeners(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Listeners:
    """The listeners that the page writes to."""
    ours = Listeners(engine)
    monkeypatch.setattr(resources, "listeners", lambda: ours)
    monkeypatch.setattr(resources, "history", lambda: History(engine))
    return ours


def fill(listeners: Listeners, listener: str) -> None:
    listeners.keep_history(listener, NOW, keep=True)
    for age, feeling in enumerate(("happy", "happy", "happy", "calm", "calm")):
        listeners.note_mood(listener, Mood(0.8, 0.7), feeling, NOW - timedelta(minutes=age + 1))
    listeners.judge(listener, SONG, Verdict.LIKE, NOW)
    listeners.ban_artist(listener, SONG, NOW)


def open_page() -> AppTest:
    """The page in the browser whose cookie holds the token."""
    page = AppTest.from_file(PROJECT / "app.py", default_timeout=60)
    page.session_state["listener-token"] = TOKEN
    page.session_state["listener-kept"] = True
    return run(page.switch_page("pages/history.py"))


def run(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    """Everything that the page says in its middle."""
    kinds = ("caption", "markdown", "success", "error", "warning", "html")
    drawn = [one for kind in kinds for one in page.main.get(kind)]
    return "\n".join(one.proto.body for one in drawn)


def charts(page: AppTest) -> int:
    return len(page.get("vega_lite_chart"))


def buttons(page: AppTest) -> set[str]:
    return {str(button.key) for button in page.button}


def test_it_is_off_at_first_and_says_so_kindly(listeners: Listeners) -> None:
    page = open_page()
    assert not page.toggle[0].value
    assert charts(page) == 0
    said = words(page)
    assert "Your diary is off" in said
    assert "Switching it off deletes all that" in said
    assert "on the computer that runs Moodring" in said
    assert "cookie" in said
    assert "Likes and blocks" not in said
    assert page.button(key="forget-taste").disabled
    assert listeners.known(ME, NOW) is NOBODY


def test_the_pace_that_the_page_names_is_the_real_one(listeners: Listeners) -> None:
    assert listeners
    assert MOODS_APART_S == 60
    assert "one a minute while the camera runs" in words(open_page())


def test_the_picture_of_what_will_be_there_leads_to_it(listeners: Listeners) -> None:
    page = open_page()
    assert 'aria-hidden="true"' in words(page)
    page.button(key="switch-on").click()
    run(page)
    assert listeners.known(ME, NOW).keeps_history
    page.button(key="to-listen").click()
    run(page)
    assert "Your mood diary" not in words(page)


def test_a_press_always_counts_and_the_camera_once_a_minute(listeners: Listeners) -> None:
    listeners.keep_history(ME, NOW, keep=True)

    def script(token: str) -> None:
        import streamlit as st

        from pages.ui.visitor import listener
        from recommender.types import Mood

        st.session_state["listener-token"] = token
        st.session_state["listener-kept"] = True
        for pressed in (False, False, True, True, False):
            listener.me().note_mood(Mood(0.8, 0.7), pressed=pressed)

    page = AppTest.from_function(script, kwargs={"token": TOKEN}, default_timeout=60).run()
    assert not page.exception
    seen = resources.history()
    assert seen is not None
    assert len(seen.moods(ME, NOW - timedelta(days=1))) == 3


def test_switched_on_it_waits_for_the_first_mood(listeners: Listeners) -> None:
    page = open_page()
    page.toggle[0].set_value(True)
    run(page)
    assert listeners.known(ME, NOW).keeps_history
    assert page.toggle[0].value
    assert "No mood yet" in words(page)
    assert page.session_state["listener-kept"]


def test_what_is_kept_of_this_listener_alone_is_drawn(listeners: Listeners) -> None:
    fill(listeners, OTHER)
    assert charts(open_page()) == 0
    fill(listeners, ME)
    page = open_page()
    assert charts(page) == CHARTED_BELOW
    said = words(page)
    assert "This week: mostly happy (3 of 5)." in said
    # A title from a stranger's table stays a text.
    assert "A song by Beyoncé" in said
    assert {"undo-judged-Liked-halo", "undo-judged-Banned artists-Beyoncé"} <= buttons(page)


def test_switching_off_asks_and_keeps_everything_until_it_is_confirmed(
    listeners: Listeners, engine: Engine
) -> None:
    fill(listeners, ME)
    page = open_page()
    page.toggle[0].set_value(False)
    run(page)
    assert page.toggle[0].value
    page.button(key="history-no").click()
    run(page)
    assert "history-no" not in buttons(page)
    assert len(History(engine).moods(ME, NOW - timedelta(days=1))) == 5
    page.toggle[0].set_value(False)
    run(page)
    page.button(key="history-yes").click()
    run(page)
    assert not page.toggle[0].value
    assert "its moods are deleted" in words(page)
    assert History(engine).moods(ME, NOW - timedelta(days=1)) == []
    assert listeners.known(ME, NOW).liked == {"halo"}


def test_each_opinion_can_be_taken_back(listeners: Listeners) -> None:
    fill(listeners, ME)
    page = open_page()
    page.button(key="undo-judged-Liked-halo").click()
    run(page)
    page.button(key="undo-judged-Banned artists-Beyoncé").click()
    run(page)
    known = listeners.known(ME, NOW)
    assert (known.liked, known.without_artists) == (set(), set())
    assert "stands here" in words(page)


def test_one_button_forgets_the_taste_and_leaves_the_moods(listeners: Listeners) -> None:
    fill(listeners, ME)
    page = open_page()
    page.button(key="forget-taste").click()
    run(page)
    assert "Your taste is forgotten" in words(page)
    assert listeners.known(ME, NOW).taste.empty
    assert charts(page) == CHARTED_BELOW
    assert page.button(key="forget-taste").disabled


def test_delete_everything_asks_and_then_leaves_only_the_others(listeners: Listeners) -> None:
    fill(listeners, ME)
    fill(listeners, OTHER)
    page = open_page()
    page.button(key="delete").click()
    run(page)
    assert listeners.known(ME, NOW).liked == {"halo"}
    page.button(key="history-yes").click()
    run(page)
    assert listeners.known(ME, NOW) is NOBODY
    assert listeners.known(OTHER, NOW).liked == {"halo"}
    assert "Everything is deleted" in words(page)
    assert charts(page) == 0
    # This browser is somebody else from now on, and nobody yet.
    assert page.session_state["listener-token"] != TOKEN
    assert not page.session_state["listener-kept"]


def test_the_export_is_named_after_the_day_and_holds_what_is_kept(
    listeners: Listeners, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[tuple[object, ...]] = []
    monkeypatch.setattr(st, "download_button", lambda *given, **_: offered.append(given))
    fill(listeners, ME)
    open_page()
    ((_, write, name, kind),) = offered
    assert re.fullmatch(r"moodring-history-\d{4}-\d\d-\d\d\.json", str(name))
    assert kind == "application/json"
    assert callable(write)
    assert json.loads(write()) == History(engine).export(ME)


def test_long_lists_show_the_newest_and_count_the_rest(listeners: Listeners) -> None:
    for number in range(SHOWN + 2):
        one = replace(SONG, source_id=f"song-{number}")
        listeners.judge(ME, one, Verdict.LIKE, NOW + timedelta(seconds=number))
    page = open_page()
    assert f"undo-judged-Liked-song-{SHOWN + 1}" in buttons(page)
    assert not {"undo-judged-Liked-song-0", "undo-judged-Liked-song-1"} & buttons(page)
    assert "2 older ones are in the export" in words(page)


def test_only_a_list_with_many_rows_scrolls_within_itself(listeners: Listeners) -> None:
    for number in range(ROWS):
        listeners.judge(ME, replace(SONG, source_id=f"song-{number}"), Verdict.LIKE, NOW)
    assert not _scrolling(open_page())
    listeners.judge(ME, SONG, Verdict.LIKE, NOW)
    assert _scrolling(open_page())


def _scrolling(page: AppTest) -> bool:
    blocks = page.get("flex_container")
    return any(block.proto.height_config.pixel_height for block in blocks)


def test_no_more_songs_are_listed_than_people_look_at(listeners: Listeners, engine: Engine) -> None:
    made = [
        SongRecord(title=f"Song {number}", artists=("Me",)) for number in range(MOST_OPENED + 2)
    ]
    with write_transaction(engine) as connection:
        replace_batch(connection, "mine", "0", made)
    listeners.keep_history(ME, NOW, keep=True)
    for one in made:
        song = replace(SONG, source_id=key_of("mine", one))
        listeners.note_shown(ME, [song], NOW)
        listeners.note_opened(ME, song.source_id, NOW)
    assert words(open_page()).count("1 ×") == MOST_OPENED


def test_songs_opened_are_listed_and_their_titles_are_only_texts(
    listeners: Listeners, engine: Engine
) -> None:
    made = SongRecord(title="<i>Halo</i>", artists=("Beyoncé", "A&B"))
    with write_transaction(engine) as connection:
        replace_batch(connection, "mine", "0", [made])
    song = replace(SONG, source_id=key_of("mine", made))
    fill(listeners, ME)
    listeners.note_shown(ME, [song], NOW)
    listeners.note_opened(ME, song.source_id, NOW)
    said = words(open_page())
    assert "&lt;i&gt;Halo&lt;/i&gt;" in said
    assert "Beyoncé, A&amp;B" in said
    assert "<i>" not in said


@pytest.mark.parametrize("press", ["forget-taste", "undo-judged-Liked-halo"])
def test_a_database_that_has_gone_gets_one_sentence(
    listeners: Listeners, engine: Engine, press: str
) -> None:
    fill(listeners, ME)
    page = open_page()
    with write_transaction(engine) as connection:
        connection.execute(text("DROP TABLE opinions"))
    page.button(key=press).click()
    run(page)
    assert "cannot be used" in words(page)


def test_without_a_database_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "listeners", lambda: None)
    monkeypatch.setattr(resources, "history", lambda: None)
    page = open_page()
    assert "nothing is kept" in words(page)
    assert len(page.toggle) == 0


def test_a_press_that_came_to_nothing_is_told(
    listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(listeners, ME)
    page = open_page()

    def fail(*_: object) -> None:
        raise Unavailable("gone for a moment")

    monkeypatch.setattr(Listeners, "forget_taste", fail)
    page.button(key="forget-taste").click()
    run(page)
    assert "could not be done" in words(page)
    assert listeners.known(ME, NOW).liked == {"halo"}
