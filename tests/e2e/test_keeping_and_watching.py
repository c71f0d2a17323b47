"""Songs as files, Spotify's player on demand, its mark, and the exact video, in a real browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from recommender.youtube.videos import SEARCHES_A_DAY
from tests.e2e.driver import open_menu, press_until, running_app
from tests.fakes import spotify_player
from tests.fakes.spotify import FakeSpotify
from tests.fakes.youtube import FakeYouTube

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page, Route

PLAYER = "open.spotify.com"


def choose(page: Page, base: str, emotion: str = "happy") -> None:
    """Go on without a camera and say a mood by hand, until there are songs."""
    page.goto(base)
    by_hand = page.get_by_role("radio", name=emotion, exact=True)
    press_until(page.locator(".st-key-no-camera button"), by_hand)
    press_until(by_hand, page.locator(".st-key-tile-0 .why"))
    # What is below the tiles moves until the last of them is drawn.
    expect(page.locator(".st-key-tile-11 img")).to_be_visible()


def tile(page: Page, index: int) -> Locator:
    return page.locator(f".st-key-tile-{index}")


@pytest.fixture
def page(open_browser: Callable[..., Browser]) -> Iterator[Page]:
    page = open_browser().new_page()

    # No song and no picture leaves this machine's tests.
    def answer(route: Route) -> None:
        route.fulfill(status=200, content_type="text/html", body="<p>Fake player</p>")

    page.route(re.compile(r"^https://"), answer)
    yield page
    page.close()


@pytest.fixture(scope="module")
def spotify_app(detector_dir: Path) -> Iterator[str]:
    with FakeSpotify() as fake, running_app(detector_dir, **fake.environ) as base:
        yield base


@pytest.mark.parametrize(
    ("label", "ending", "beginning"),
    [
        ("CSV (for TuneMyMusic, Soundiiz)", "csv", b"\xef\xbb\xbftitle,artists,"),
        pytest.param("JSPF (for ListenBrainz)", "jspf", b"{", marks=pytest.mark.slow),
    ],
)
def test_the_songs_can_be_downloaded(
    app: str, page: Page, label: str, ending: str, beginning: bytes
) -> None:
    page.goto(app)
    expect(page.locator(".st-key-no-camera button")).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
    choose(page, app)
    button = page.get_by_role("button", name=label)
    press_until(page.get_by_role("button", name="Export"), button)
    with page.expect_download() as downloaded:
        button.click()
    name = downloaded.value.suggested_filename
    assert re.fullmatch(rf"moodring-happy-\d{{4}}-\d\d-\d\d\.{ending}", name)
    assert downloaded.value.path().read_bytes().startswith(beginning)


@pytest.mark.slow
def test_spotifys_player_is_loaded_on_demand_and_one_at_a_time(
    spotify_app: str, page: Page
) -> None:
    spotify_player.serve(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    choose(page, spotify_app)
    assert PLAYER not in asked
    dock = page.locator(".st-key-dock")
    frames = page.locator(f'iframe[src^="https://{PLAYER}/embed/track/"]')
    expect(frames).to_have_count(0)
    for index in (0, 1):
        cover = tile(page, index).locator("a:has(img)")
        address = cover.get_attribute("href")
        assert address is not None
        mine = page.locator(f'iframe[src^="{address.replace("/track/", "/embed/track/")}?"]')
        cover.click()
        expect(mine).to_be_visible()
        expect(frames).to_have_count(1)
        expect(mine).to_have_attribute("title", re.compile("^From Spotify: Fake Song"))
        expect(dock).to_have_attribute("data-kind", "spotify")
        # Nothing of ours plays beside Spotify's player.
        assert page.evaluate("window.moodring.player.level()") is None
    assert PLAYER in asked
    # It obeys the dock, and goes on to the next song: told that one is over, or left in silence.
    inside = page.frame_locator(f'iframe[src^="https://{PLAYER}/"]').locator("body")
    pause = dock.get_by_role("button", name="Pause")
    press_until(pause, dock.get_by_role("button", name="Play", exact=True))
    assert inside.evaluate("() => window.asked") == ["load_complete_ack", "play", "pause"]
    dock.get_by_role("button", name="Play", exact=True).click()
    expect(pause).to_be_visible()
    for position in (spotify_player.SONG_MS, spotify_player.SONG_MS - 100):
        before = frames.get_attribute("src")
        inside.evaluate("(_, position) => window.tell(position, false)", position)
        expect(frames).not_to_have_attribute("src", before or "")
        expect(inside.get_by_text("A fake Spotify player")).to_be_visible()
    dock.get_by_role("button", name="Close player").click()
    expect(frames).to_have_count(0)


@pytest.mark.slow
def test_spotifys_songs_carry_its_mark_and_its_covers_as_they_are(
    spotify_app: str, page: Page
) -> None:
    choose(page, spotify_app)
    mark = page.get_by_role("link", name="Songs and covers from Spotify")
    expect(mark).to_have_attribute("href", "https://open.spotify.com/")
    assert mark.locator("img").evaluate("one => one.getBoundingClientRect().width") == 21
    covers = page.locator('.st-key-tiles img[src^="https://i.scdn.co/"]')
    covers.first.hover()
    look = """one => [one, one.parentElement].map(e => { const s = getComputedStyle(e);
        return [s.borderTopLeftRadius, s.transform, s.filter, s.opacity]; })"""
    assert covers.first.evaluate(look) == [["4px", "none", "none", "1"]] * 2
    assert covers.first.evaluate("one => getComputedStyle(one).objectFit") == "contain"


@pytest.mark.slow
def test_other_songs_carry_no_mark_of_spotify(app: str, page: Page) -> None:
    choose(page, app)
    expect(page.get_by_role("link", name="Songs and covers from Spotify")).to_have_count(0)


@pytest.mark.slow
def test_the_exact_video_is_found_when_asked_for(detector_dir: Path, page: Page) -> None:
    with FakeYouTube() as fake, running_app(detector_dir, **fake.environ) as base:
        choose(page, base)
        menu = open_menu(tile(page, 0))
        find = menu.get_by_role("button", name="Find the video")
        watch = menu.get_by_role("link", name="Watch")
        expect(find).to_be_visible()
        assert fake.asked == []
        press_until(find, watch)
        expect(watch).to_have_attribute(
            "href", re.compile(r"^https://www\.youtube\.com/watch\?v=[0-9A-Za-z_-]{11}$")
        )
        expect(find).to_have_count(0)
        assert len(fake.asked) == 1
        page.keyboard.press("Escape")
        # Its tile plays it from now on, in YouTube's own player.
        press_until(
            tile(page, 0).get_by_role("button", name=re.compile("^Play ")),
            page.locator('.st-key-dock[data-kind="youtube"]'),
        )
        frame = page.locator('iframe[src^="https://www.youtube-nocookie.com/embed/"]')
        expect(frame).to_be_visible()
        page.locator(".st-key-dock").get_by_role("button", name="Close player").click()
        find = open_menu(tile(page, 1)).get_by_role("button", name="Find the video")
        find.hover()
        said = re.compile(rf" \d+ of today's {SEARCHES_A_DAY} searches are left\.")
        expect(page.get_by_role("tooltip")).to_contain_text(said)
        fake.fault = "500"
        press_until(find, menu.get_by_text("YouTube is out of order."))
        expect(menu.get_by_role("link", name="Open on YouTube")).to_be_visible()
        fake.fault = "quota"
        press_until(find, menu.get_by_text("Today's searches on YouTube are used up."))
        page.keyboard.press("Escape")
        find = open_menu(tile(page, 2)).get_by_role("button", name="Find the video")
        expect(find).to_be_visible()


@pytest.mark.slow
def test_songs_of_spotify_have_no_video(detector_dir: Path, page: Page) -> None:
    with (
        FakeSpotify() as music,
        FakeYouTube() as videos,
        running_app(detector_dir, **music.environ, **videos.environ) as base,
    ):
        choose(page, base)
        open_menu(tile(page, 0))
        expect(page.get_by_role("button", name="Find the video")).to_have_count(0)
        assert page.locator(".st-key-tiles img[src*='ytimg'], iframe[src*='youtube']").count() == 0
