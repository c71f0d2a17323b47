"""The dock: one player that stays while pages come and go, with the sound made in tests."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.busy import LATE_S
from tests.e2e.driver import PROJECT, press_until, running_app, settle
from tests.fakes.library import keep_song
from tests.fakes.sounds import encode, pattern, write
from tests.fakes.visits import TOKEN
from tests.sound import ear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

pytestmark = pytest.mark.slow
SECONDS = 20.0
PLAYING = '.st-key-dock[data-state="playing"]'
SOUNDS = "() => window.moodring.player.level() > 0.001"
# A tab that is not seen: a headless browser shows them all.
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# A silence that nobody notices between two songs.
GAP_S = 0.05
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"
# Most pixels that two lines of the dock take on a phone.
TWO_LINES_PX = 120


@pytest.fixture(scope="module")
def base(detector_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with three songs of one listener."""
    folder = tmp_path_factory.mktemp("music")
    engine = open_engine(detector_dir)
    for number, title in enumerate(("First", "Second", "Third")):
        file = write(folder / f"{number}.mp3", pattern(SECONDS + number / 10))
        keep_song(engine, title, f"Artist {number}", path=file, listener=id_of(TOKEN))
    engine.dispose()
    with running_app(detector_dir) as address:
        yield address


@pytest.fixture
def visit(base: str, open_browser: Callable[..., Browser]) -> Callable[..., Page]:
    """Open a page of the listener's own browser."""

    def give(path: str = "library", **options: object) -> Page:
        context = open_browser().new_context(**options)  # type: ignore[arg-type]
        context.add_cookies([{"name": "moodring_listener", "value": TOKEN, "url": base}])
        page = context.new_page()
        page.goto(f"{base}/{path}")
        return page

    return give


def dock(page: Page) -> Locator:
    return page.locator(".st-key-dock")


def play_all(page: Page) -> None:
    """Press Play above the list of songs, until the first one sounds."""
    press_until(page.locator(".st-key-library-play button"), page.locator(PLAYING))
    page.wait_for_function(SOUNDS)
    expect(dock(page)).to_have_attribute("data-title", "First")


def pressed(page: Page, name: str) -> str | None:
    button = page.locator(f".st-key-dock-{name} button")
    button.click()
    return button.get_attribute("aria-pressed")


def test_after_a_reload_it_stands_paused_where_it_was(visit: Callable[..., Page]) -> None:
    page = visit()
    play_all(page)
    dock(page).get_by_role("button", name="The next song").click()
    expect(dock(page)).to_have_attribute("data-title", "Second")
    page.wait_for_function("() => window.moodring.player.state().time > 1")
    dock(page).get_by_role("button", name="Pause").click()
    at = page.evaluate("window.moodring.player.state().time")
    page.reload()
    expect(dock(page)).to_have_attribute("data-state", "paused")
    expect(dock(page)).to_have_attribute("data-title", "Second")
    assert page.evaluate("window.moodring.player.state().time") == pytest.approx(at, abs=0.1)
    expect(page.locator(".st-key-library-play")).to_be_visible()
    dock(page).get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(SOUNDS)
    assert page.evaluate("window.moodring.player.state().time") >= at - 0.1
    dock(page).get_by_role("button", name="The song before").click()
    expect(dock(page)).to_have_attribute("data-title", "First")


def test_the_keyboard_plays_and_keeps_the_focus(visit: Callable[..., Page]) -> None:
    page = visit("")
    by_hand = page.get_by_role("radio", name="happy", exact=True)
    press_until(page.locator(".st-key-no-camera button"), by_hand)
    own = page.locator(".st-key-tiles [data-play]").first
    press_until(by_hand, own)
    settle(page)
    own.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(SOUNDS)
    expect(own).to_be_focused()
    expect(own).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Space")
    expect(dock(page)).to_have_attribute("data-state", "paused")
    expect(own).to_have_attribute("aria-pressed", "false")
    button = dock(page).get_by_role("button", name="Play", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    expect(dock(page)).to_have_attribute("data-state", "playing")
    # Songs of another mood come, and what has the focus in the dock keeps it.
    page.evaluate("document.querySelector('.st-key-more button').click()")
    expect(page.locator(".st-key-tile-12")).to_be_visible()
    settle(page)
    expect(page.locator(".st-key-dock-play button")).to_be_focused()
    expect(dock(page)).to_have_role("region")
    expect(dock(page)).to_have_accessible_name("Player")
    slider = dock(page).get_by_role("slider", name="Volume")
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_function("() => window.moodring.player.level() < 0.0001")


@pytest.mark.parametrize("fade", ["0", "2"])
def test_one_song_follows_the_other_without_a_gap(visit: Callable[..., Page], fade: str) -> None:
    page = visit()
    play_all(page)
    slider = dock(page).get_by_role("slider", name="Cross-fade")
    press_until(dock(page).get_by_role("button", name="Sound settings"), slider)
    slider.fill(fade)
    page.evaluate(f"window.moodring.player.seek({SECONDS - 4})")
    # A jump is a short silence of its own.
    page.wait_for_function(f"() => window.moodring.player.state().time > {SECONDS - 3.7}")
    page.wait_for_function(SOUNDS)
    ear.listen(page)
    expect(dock(page)).to_have_attribute("data-title", "Second")
    page.wait_for_function("() => window.moodring.player.state().time > 2.5")
    heard = ear.heard(page)
    assert heard.looks > 10
    # A page that is called late begins the next song late.
    assert heard.longest <= GAP_S + heard.blind


def test_a_hidden_tab_plays_on_while_its_pages_change() -> None:
    command = [sys.executable, "-m", "tests.sound.hidden", "--minutes", "0.2"]
    told = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    found = re.findall(
        r"^(.+): (\d+) s, hidden for (\d+) s, .* (\d+) ms between .* of (\d+) ms$",
        told,
        re.MULTILINE,
    )
    assert [name for name, *_ in found][::2] == ["own files", "mood sound"]
    for _, seconds, hidden, blind, longest in found:
        assert int(hidden) >= int(seconds) - 1 - LATE_S
        assert int(longest) <= GAP_S * 1000 + int(blind)


def test_the_sleep_timer_fades_out_and_pauses(visit: Callable[..., Page]) -> None:
    page = visit()
    play_all(page)
    button = page.locator(".st-key-dock-sleep button")
    expect(button).to_have_accessible_name("Sleep timer: off")
    button.click()
    expect(button).to_have_accessible_name("Sleep timer: 15 minutes")
    before = page.evaluate("window.moodring.player.level()")
    page.evaluate("window.moodring.player.sleep(0.05)")
    page.wait_for_function(
        "loud => window.moodring.player.level() < loud / 4"
        " && window.moodring.player.state().state === 'playing'",
        arg=before,
    )
    expect(dock(page)).to_have_attribute("data-state", "paused")
    expect(button).to_have_accessible_name("Sleep timer: off")
    # The next press is as loud as before.
    dock(page).get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function(SOUNDS)


def test_mood_sound_is_found_before_any_song_and_goes_on_in_a_hidden_page(
    visit: Callable[..., Page],
) -> None:
    page = visit("about")
    expect(dock(page)).to_have_attribute("data-state", "idle")
    mood = page.locator(".st-key-dock-mood-sound button")
    expect(mood).to_have_text("Mood sound")
    mood.click()
    page.wait_for_function(SOUNDS)
    expect(mood).to_have_attribute("aria-pressed", "true")
    expect(dock(page)).to_have_attribute("data-kind", "mood-sound")
    page.evaluate("window.moodring.mood = { valence: -0.5, energy: 0.3 }")
    # Pieces are made ahead once the mood has held for a while.
    page.wait_for_function("() => window.moodring.player.ahead() > 0")
    page.evaluate(HIDE, arg=True)
    page.wait_for_function("() => window.moodring.player.state().time > 0.5")
    page.wait_for_function(SOUNDS)
    page.evaluate(HIDE, arg=False)
    page.wait_for_function("() => window.moodring.player.state().time === 0")
    page.wait_for_function(SOUNDS)
    mood.click()
    expect(dock(page)).to_have_attribute("data-state", "idle")


def test_what_is_added_plays_next_and_a_shuffled_queue_begins_with_what_plays(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    play_all(page)
    assert pressed(page, "shuffle") == "true"
    expect(dock(page)).to_have_attribute("data-title", "First")
    assert pressed(page, "shuffle") == "false"
    assert pressed(page, "dj-mode") == "true"
    assert page.evaluate("window.moodring.player.dj()") is True
    page.evaluate(
        """() => {
          const { player } = window.moodring;
          const { id, kind, src } = player.queue().at(-1);
          const words = { title: "Put next", artists: "DJ", cover: "", open: "", from: "A friend" };
          player.add_next({ id: `${id}-again`, kind, src, ...words, reason: "you look calmer" });
        }"""
    )
    # It is said, and nothing is cut off.
    expect(dock(page)).to_have_attribute("data-title", "First")
    expect(dock(page)).to_contain_text("you look calmer")
    dock(page).get_by_role("button", name="The next song").click()
    expect(dock(page)).to_have_attribute("data-title", "Put next")
    dock(page).get_by_role("button", name="The next song").click()
    expect(dock(page)).to_have_attribute("data-title", "Second")


def test_a_song_that_cannot_be_played_makes_way_and_the_last_one_is_named(
    visit: Callable[..., Page],
) -> None:
    page = visit()
    play_all(page)
    page.route(re.compile("/moodring/sound/"), lambda route: route.fulfill(status=404))
    dock(page).get_by_role("button", name="The next song").click()
    expect(dock(page)).to_have_attribute("data-state", "error")
    expect(dock(page)).to_contain_text("This song cannot be played just now.")


def test_a_preview_is_called_so_and_stays_out_of_web_audio(visit: Callable[..., Page]) -> None:
    page = visit("")
    sound = encode(pattern(4.0), ".mp3")
    page.route(
        "https://cdn.test/*", lambda route: route.fulfill(body=sound, content_type="audio/mpeg")
    )
    by_hand = page.get_by_role("radio", name="happy", exact=True)
    press_until(page.locator(".st-key-no-camera button"), by_hand)
    link = page.locator(".st-key-tiles a.mr-cover:not([data-play])").first
    press_until(by_hand, link)
    settle(page)
    song = link.locator("xpath=..").get_attribute("data-song")
    page.evaluate(
        """song => document.dispatchEvent(new CustomEvent("moodring-deezer", { detail: {
          [song]: { preview: "https://cdn.test/a.mp3", cover: "" } } }))""",
        arg=song,
    )
    preview = page.locator(f'.st-key-tiles [data-song="{song}"] [data-play]')
    expect(preview).to_have_accessible_name(re.compile("^Preview 30 s: "))
    preview.click()
    expect(dock(page)).to_have_attribute("data-kind", "preview")
    expect(dock(page)).to_have_attribute("data-state", "playing")
    assert page.evaluate("window.moodring.player.level()") is None


@pytest.mark.parametrize("code", ["en", "ar"])
def test_on_a_phone_it_has_two_lines_and_leaves_the_page_its_end(
    visit: Callable[..., Page], code: str
) -> None:
    page = visit(
        f"library?interface={code}",
        viewport={"width": 390, "height": 844},
        has_touch=True,
        user_agent=IPHONE,
    )
    press_until(page.locator(".st-key-library-play button"), page.locator(PLAYING))
    # There, songs do not go through Web Audio, which a locked phone may stop.
    page.wait_for_function("() => window.moodring.player.state().time > 0.1")
    assert page.evaluate("window.moodring.player.level()") is None
    box = dock(page).bounding_box()
    assert box is not None
    assert box["height"] <= TWO_LINES_PX
    assert (box["x"], box["x"] + box["width"]) >= (0, 300)
    assert box["x"] + box["width"] <= 390
    for button in dock(page).get_by_role("button").all():
        place = button.bounding_box()
        assert place is not None
        assert box["x"] <= place["x"]
        assert place["x"] + place["width"] <= box["x"] + box["width"]
    page.evaluate("document.querySelector('.stMain').scrollTo(0, 1e6)")
    last = page.locator(".block-container [data-testid=stElementContainer]:visible").last
    end = last.evaluate("one => one.getBoundingClientRect().bottom")
    assert end <= box["y"]
    words = {"en": "Player", "ar": None}[code]
    if words:
        expect(dock(page)).to_have_accessible_name(words)
    else:
        expect(dock(page)).not_to_have_accessible_name("Player")
