"""The watcher beside the player counts what was really heard of own songs, in Chromium."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from pages.ui import js
from recommender.db.tables import RecordingRow
from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.busy import LATE_S
from tests.e2e.driver import press_until, running_app, settle
from tests.fakes import listenbrainz
from tests.fakes.library import keep_song
from tests.fakes.listenbrainz import FakeListenBrainz
from tests.fakes.sounds import pattern, write
from tests.fakes.visits import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow
SECONDS = 8.0
NOON = 1_790_000_000
SCRIPT = Path(js.__file__).with_name("played.js").read_text(encoding="utf-8")
# A player whose position goes on with the clock, from wherever it was put.
PLAYER = """async (script) => {
  window.told = [];
  let song = { state: "idle", kind: "", id: "", seconds: 0 };
  let begun = 0;
  window.put = (some, at) => {
    if (at !== undefined) begun = performance.now() - at * 1000;
    song = { ...song, ...some };
    document.dispatchEvent(new Event("moodring-player"));
  };
  const state = () => ({ ...song, time: (performance.now() - begun) / 1000 });
  window.moodring = { player: { state } };
  const made = await import(`data:text/javascript,${encodeURIComponent(script)}`);
  const tell = (name, value) => window.told.push([name, value]);
  window.draw = () => { window.clear = made.default({ setTriggerValue: tell }); };
  window.draw();
}"""


@pytest.fixture
def page(open_browser: Callable[..., Browser]) -> Page:
    opened = open_browser().new_page()
    opened.clock.install(time=NOON - 60)
    opened.clock.pause_at(NOON)
    opened.evaluate(PLAYER, SCRIPT)
    return opened


def plays(page: Page, song: dict[str, Any], at: float = 0) -> None:
    page.evaluate("([song, at]) => window.put(song, at)", [{"state": "playing", **song}, at])


def told(page: Page, seconds: int) -> list[list[Any]]:
    """Let time go on, and return what the page was told meanwhile."""
    page.clock.run_for(seconds * 1000)
    found: list[list[Any]] = page.evaluate("window.told.splice(0)")
    return found


def played(song: str, listened_at: int, seconds: int) -> list[list[Any]]:
    return [["played", [{"id": song, "listened_at": listened_at, "seconds": seconds}]]]


def test_half_of_a_song_or_four_minutes_are_told_once(page: Page) -> None:
    plays(page, {"kind": "file", "id": "short", "seconds": 180})
    assert told(page, 89) == []
    assert told(page, 2) == played("short", NOON, 90)
    assert told(page, 80) == []
    # From its beginning, it may count again.
    plays(page, {})
    assert told(page, 92) == played("short", NOON + 171, 90)
    plays(page, {"kind": "server", "id": "long", "seconds": 1000})
    assert told(page, 239) == []
    assert told(page, 2) == played("long", NOON + 263, 240)


def test_what_was_skipped_or_not_our_own_is_not_heard(page: Page) -> None:
    plays(page, {"kind": "preview", "id": "other", "seconds": 30})
    assert told(page, 30) == []
    plays(page, {"kind": "file", "id": "mine", "seconds": 180})
    assert told(page, 20) == []
    plays(page, {}, at=110)
    assert told(page, 40) == []
    # The server knows how long it is, and whether sixty seconds count.
    plays(page, {"id": "next", "seconds": 0})
    assert told(page, 0) == played("mine", NOON + 30, 60)
    page.evaluate("window.put({ state: 'paused' }, 0)")
    page.evaluate("window.moodring.player.state = () => ({ kind: 'file', id: 'next', time: 5 })")
    assert told(page, 500) == []


def test_what_was_played_between_two_pages_is_told_to_the_next(page: Page) -> None:
    page.evaluate("window.clear()")
    plays(page, {"kind": "file", "id": "a", "seconds": 60})
    assert told(page, 40) == []
    plays(page, {"id": "b"})
    assert told(page, 40) == []
    page.evaluate("window.draw()")
    (first,) = told(page, 0)
    assert [one["id"] for one in first[1]] == ["a", "b"]


def test_an_own_song_that_was_played_is_handed_in(
    tmp_path: Path, open_browser: Callable[..., Browser]
) -> None:
    file = write(tmp_path / "song.mp3", pattern(SECONDS))
    # A folder of its own: the first song must be this one.
    home = tmp_path / "data"
    home.mkdir()
    engine = open_engine(home)
    key = keep_song(engine, "Fake Song", "Fake Band", path=file, listener=id_of(TOKEN))
    with engine.begin() as connection:
        one = update(RecordingRow).where(RecordingRow.key == key)
        connection.execute(one.values(seconds=SECONDS))
    engine.dispose()
    with (
        FakeListenBrainz() as fake,
        running_app(home, MOODRING_LISTENBRAINZ_URL=fake.base) as base,
    ):
        context = open_browser().new_context()
        context.add_cookies([{"name": "moodring_listener", "value": TOKEN, "url": base}])
        page = context.new_page()
        page.goto(f"{base}/library")
        panel = page.locator(".st-key-listenbrainz")
        token = page.locator(".st-key-listenbrainz-token input")
        # A panel that is drawn again while it opens would close.
        settle(page)
        press_until(panel.locator("summary"), token)
        token.fill("wrong")
        panel.get_by_role("button", name="Connect").click()
        expect(panel).to_contain_text("does not accept the token")
        token.fill(listenbrainz.TOKEN)
        panel.get_by_role("button", name="Connect").click()
        expect(panel).to_contain_text(listenbrainz.USER)
        playing = page.locator('.st-key-dock[data-state="playing"]')
        press_until(page.locator(".st-key-library-play button"), playing)
        began = time.time()
        # On another page, too.
        page.get_by_role("link", name="About").click()
        (listen,) = fake.wait_for(1, SECONDS + 5 * LATE_S)
        assert listen["track_metadata"]["track_name"] == "Fake Song"
        assert abs(listen["listened_at"] - began) < 5 * LATE_S
