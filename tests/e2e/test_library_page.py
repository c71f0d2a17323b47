"""The Library page: files are dropped, heard, played, corrected and deleted, each one's own."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from recommender.library.uploads import FOLDER
from recommender.wiring import open_engine
from tests.e2e.driver import PRESS_PATIENCE_MS, PRESSES, owner_address, press_until, running_app
from tests.e2e.screens import owed
from tests.fakes.library import keep_song
from tests.fakes.sounds import encode, pad, pattern, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import (
        Browser,
        BrowserContext,
        FilePayload,
        FloatRect,
        Locator,
        Page,
    )
    from sqlalchemy import Engine

SECONDS = 6
BAD = "<b>bad</b>.mp3"
# Where the pad is pressed, as shares of its width and height: where "happy" lies.
HAPPY = (0.9, 0.25)
SONG, PLAYER = ".st-key-library-song", ".st-key-library-player"


@pytest.fixture(scope="module")
def music() -> list[FilePayload]:
    """Two songs and a file that is none."""
    bright = encode(pattern(SECONDS), ".mp3", tags={"title": "Bright <i>", "artist": "Ann"})
    slow = encode(pad(SECONDS), ".flac", tags={"title": "Slow", "artist": "Bob"})
    return [
        {"name": "bright.mp3", "mimeType": "audio/mpeg", "buffer": bright},
        {"name": BAD, "mimeType": "audio/mpeg", "buffer": b"no music at all" * 99},
        {"name": "slow.flac", "mimeType": "audio/flac", "buffer": slow},
    ]


@pytest.fixture
def contexts(open_browser: Callable[..., Browser]) -> tuple[BrowserContext, BrowserContext]:
    """Two visitors: neither has the other's cookies."""
    browser = open_browser()
    return browser.new_context(), browser.new_context()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@contextmanager
def opened(home: Path) -> Iterator[Engine]:
    """The database that the app will have."""
    engine = open_engine(home)
    yield engine
    engine.dispose()


def drop(page: Page, base: str, music: list[FilePayload]) -> None:
    page.goto(f"{base}/library")
    expect(page.get_by_text("Add your music")).to_be_visible()
    page.locator(".st-key-library-add input[type=file]").set_input_files(music)


def heading(page: Page) -> Locator:
    return page.locator(".st-key-library-head h2")


def open_line(page: Page, place: int) -> None:
    """Press a line of the list."""
    press_until(page.locator(".mr-songs .open").nth(place), page.locator(SONG))


def plane(page: Page) -> FloatRect:
    """Where the plane is on the screen."""
    drawn = page.locator(".st-key-library-plane .plot-container")
    # The old one goes when the new one is drawn.
    expect(drawn).to_have_count(1)
    box = drawn.bounding_box()
    assert box is not None
    return box


def click_in_plane(page: Page, x: float, y: float) -> None:
    """Click at a point, as shares of the plane's width and height, until a song opens."""
    for _ in range(PRESSES):
        box = plane(page)
        at = box["x"] + x * box["width"], box["y"] + y * box["height"]
        page.mouse.move(at[0] - 5, at[1])
        page.mouse.move(*at, steps=3)
        page.mouse.click(*at)
        with suppress(AssertionError):
            expect(page.locator(SONG)).to_be_visible(timeout=PRESS_PATIENCE_MS)
            return
    expect(page.locator(SONG)).to_be_visible()


def wait_until_it_plays(audio: Locator) -> None:
    expect(audio).to_be_visible()
    audio.evaluate(
        """audio => new Promise((done, fail) => {
          const look = () => audio.currentTime > 0 ? done() : setTimeout(look, 50);
          audio.onerror = () => fail(audio.error.message);
          look();
        })"""
    )


def go_to(page: Page, name: str, there: str) -> None:
    """Go to a page by its link, in the same visit."""
    press_until(page.locator(".st-key-top").get_by_role("link", name=name), page.locator(there))


def test_dropped_songs_are_heard_downloaded_and_played_one_after_the_other(
    app: str, contexts: tuple[BrowserContext, BrowserContext], music: list[FilePayload]
) -> None:
    page = contexts[0].new_page()
    drop(page, app, music)
    expect(heading(page)).to_have_text("2 songs chosen")
    # What is wrong with a file is said, and its name is but text.
    problem = page.get_by_role("alert").filter(has_text=BAD)
    expect(problem).to_contain_text("music")
    open_line(page, 0)
    # It stays until it is read.
    page.get_by_role("button", name="Dismiss").click()
    expect(problem).to_have_count(0)
    song = page.locator(SONG)
    for words in ("Bright <i>", "Added by you", "Most listeners would hear"):
        expect(song.get_by_text(words)).to_be_visible()
    with page.expect_download() as download:
        song.get_by_role("button", name="Download").click()
    assert download.value.suggested_filename == "Ann - Bright i.mp3"
    assert download.value.path().read_bytes() == music[0]["buffer"]

    player = page.locator(PLAYER)
    press_until(song.get_by_role("button", name="Play"), player)
    expect(player).to_contain_text("1 of 2")
    wait_until_it_plays(player.locator("audio"))
    player.locator("audio").evaluate("audio => { audio.currentTime = audio.duration - 0.2; }")
    expect(player).to_contain_text("2 of 2")
    expect(player).to_contain_text("Slow")
    wait_until_it_plays(player.locator("audio"))
    press_until(player.get_by_role("button", name="Previous"), player.get_by_text("1 of 2"))
    player.get_by_role("button", name="Close").click()
    expect(player).to_have_count(0)


@pytest.mark.slow
def test_a_corrected_song_is_among_the_tiles_of_its_mood_for_one_visitor_alone(
    app: str, contexts: tuple[BrowserContext, BrowserContext], music: list[FilePayload]
) -> None:
    mine, yours = (context.new_page() for context in contexts)
    drop(mine, app, music[:1])
    # One song alone is opened at once.
    song = mine.locator(SONG)
    song.get_by_text("Wrong? Put it where it belongs").click()
    pad_ = song.locator(".pad")
    expect(pad_).to_be_visible()
    size = pad_.bounding_box()
    assert size is not None
    pad_.click(position={"x": HAPPY[0] * size["width"], "y": HAPPY[1] * size["height"]})
    expect(song.get_by_text("Corrected by hand")).to_be_visible()
    expect(song.get_by_text("Sounds bright, as you say")).to_be_visible()

    go_to(mine, "Listen", ".st-key-way")
    own = play_happy(mine).filter(has=mine.locator(".mr-yours"))
    expect(own).to_have_count(1)
    expect(own).to_contain_text("Bright <i>")
    expect(own).to_contain_text(re.compile(r"bright.* · yours"))
    assert own.get_by_role("link").count() == 0
    # In the dock at the page's foot.
    press_until(own.get_by_role("button", name="Play"), mine.locator("audio"))
    wait_until_it_plays(mine.locator("audio"))

    yours.goto(f"{app}/library")
    expect(yours.get_by_text("Add your music")).to_be_visible()
    yours.goto(app)
    tiles = play_happy(yours)
    assert tiles.count() == 12
    assert tiles.filter(has=yours.locator(".mr-yours")).count() == 0

    go_to(mine, "Library", ".st-key-library-add")
    open_line(mine, 0)
    taken_back = mine.get_by_role("button", name="Undo the correction")
    taken_back.click()
    expect(taken_back).to_have_count(0)
    expect(song.get_by_text("Corrected by hand")).to_have_count(0)


@pytest.mark.slow
def test_what_was_dropped_goes_with_a_press_and_with_everything(
    open_browser: Callable[..., Browser], home: Path, music: list[FilePayload]
) -> None:
    page = open_browser().new_page()
    files = home / FOLDER
    with running_app(home) as base:
        drop(page, base, music)
        expect(heading(page)).to_have_text("2 songs chosen")
        assert len(list(files.glob("*/*.*"))) == 2
        open_line(page, 0)
        page.locator(SONG).get_by_role("button", name="Remove").click()
        expect(heading(page)).to_contain_text("1 song")
        assert len(list(files.glob("*/*.*"))) == 1
        go_to(page, "History", ".st-key-history-ends")
        dialog = page.get_by_role("dialog")
        press_until(page.locator(".st-key-delete button"), dialog)
        dialog.get_by_role("button", name="Delete everything").click()
        expect(page.get_by_text("Everything is deleted.")).to_be_visible()
        assert list(files.glob("*/*.*")) == []
        go_to(page, "Library", ".st-key-library-add")
        expect(page.get_by_text("Add your music")).to_be_visible()


def play_happy(page: Page) -> Locator:
    """Choose a mood by hand and return the tiles."""
    press_until(page.locator(".st-key-no-camera button"), page.locator(".st-key-pad"))
    chip = page.get_by_role("radio", name="happy", exact=True)
    press_until(chip, page.locator(".st-key-tile-11 .why"))
    return page.locator(".st-key-tiles [class*='st-key-tile-']")


@pytest.mark.slow
def test_a_lasso_makes_a_list_and_the_search_finds(
    open_browser: Callable[..., Browser], home: Path
) -> None:
    with opened(home) as engine:
        for number in range(9):
            place = (0.8, 0.9) if number < 4 else (-0.8, 0.1)
            keep_song(engine, f"Song {number}", at=place)
    page = open_browser().new_page()
    with running_app(home, terminal=True) as base:
        page.goto(owner_address(home))
        page.goto(f"{base}/library")
        expect(heading(page)).to_have_text("9 songs")
        box = plane(page)
        page.mouse.move(box["x"] + 0.55 * box["width"], box["y"] + 6)
        page.mouse.down()
        for x, y in ((0.98, 0.02), (0.98, 0.45), (0.55, 0.45), (0.55, 0.02)):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        page.mouse.up()
        expect(heading(page)).to_have_text("4 songs chosen")
        with page.expect_download() as download:
            page.get_by_role("button", name="Playlist").click()
        lines = download.value.path().read_text(encoding="utf-8").splitlines()
        assert lines[:2] == ["#EXTM3U", "#PLAYLIST:Moodring: library"]
        assert lines[2:4] == ["#EXTINF:181,Fake Artist - Song 0", "/nowhere/music/Song 0.flac"]
        assert len(lines) == 2 + 4 * 2
        page.get_by_role("button", name="Show all").click()
        expect(heading(page)).to_have_text("9 songs")
        # Without dragging, by their boxes.
        for number in (2, 5):
            page.get_by_role("checkbox", name=f"Choose Song {number}").check()
        expect(heading(page)).to_have_text("2 songs chosen")
        expect(page.locator(".mr-songs li")).to_have_count(9)
        page.get_by_role("button", name="Show all").click()
        expect(heading(page)).to_have_text("9 songs")
        expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
        # A click on a cover opens its song.
        click_in_plane(page, 0.143, 0.851)
        expect(page.locator(SONG)).to_contain_text("Fake Album")
        expect(heading(page)).to_have_text("9 songs")
        page.get_by_placeholder("Search").fill("song 7")
        page.get_by_placeholder("Search").press("Enter")
        expect(heading(page)).to_have_text("1 song")


@pytest.mark.slow
def test_a_folder_is_added_heard_and_removed_by_its_owner(
    open_browser: Callable[..., Browser], home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    write(folder / "own.ogg", pattern(SECONDS), tags={"title": "Own", "artist": "Me"})
    (folder / "bad.mp3").write_bytes(b"no music")
    page = open_browser().new_page()
    with running_app(home, terminal=True) as base:
        page.goto(owner_address(home))
        page.goto(f"{base}/library")
        path = page.get_by_label("Folder of music")
        path.fill(str(tmp_path / "nowhere"))
        path.press("Enter")
        expect(page.get_by_text("There is no folder")).to_be_visible()
        path.fill(str(folder))
        path.press("Enter")
        expect(heading(page)).to_have_text("1 song")
        expect(page.get_by_text("1 tagged, 0 unchanged, 1 with a problem.")).to_be_visible()
        page.get_by_text("1 file cannot be used").click()
        expect(page.get_by_text(f"{folder / 'bad.mp3'}: ")).to_be_visible()
        assert owed(page) == []
        page.locator(".st-key-library-folders").get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Add your music")).to_be_visible()
    assert (folder / "own.ogg").exists()


@pytest.mark.slow
@pytest.mark.parametrize("shared", [False, True])
def test_strangers_get_the_owners_songs_only_where_they_are_shared(
    open_browser: Callable[..., Browser], home: Path, *, shared: bool
) -> None:
    with opened(home) as engine:
        keep_song(engine, "Secret Song")
        keep_song(engine, "Secret Scrap", problem="It cannot be read.")
    page = open_browser().new_page()
    sharing = {"MOODRING_SHARE_LIBRARY": "1"} if shared else {}
    with running_app(home, **sharing) as base:
        page.goto(f"{base}/library")
        expect(page.locator(".st-key-library-add")).to_be_visible()
        if shared:
            expect(heading(page)).to_have_text("1 song")
            expect(page.locator(".st-key-library-folders")).to_be_visible()
            return
        expect(page.get_by_text("Add your music")).to_be_visible()
        assert page.locator(".st-key-library-folders").count() == 0
        assert not re.search("Secret|/nowhere", page.content())
