"""A site by the files of `deploy/`: a proxy with HTTPS, two processes, PostgreSQL, a relay."""

from __future__ import annotations

import io
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
import pytest
from PIL import Image
from playwright.sync_api import expect

from pages.ui.visitor.browser import COOKIE, HOST_PREFIX
from pages.ui.web.replicas import COOKIE as PROCESS
from tests.deploy.site import PROXIES, relay, replicas
from tests.e2e.driver import free_port, press_until, settle, wait_for_label
from tests.e2e.test_relay import BEHIND_FIREWALL, start_over_relay
from tests.fakes.servers import NoServer, postgresql
from tests.fakes.sounds import encode, pattern
from tests.fakes.spotify import FakeSpotify, without_cover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from playwright.sync_api import Browser, BrowserContext, Page

FAKE_UI = "--use-fake-ui-for-media-stream"
SECONDS = 6
PLAYING = '.st-key-dock[data-state="playing"]'
SOUNDS = "() => window.moodring.player.level() > 0.001"
# The least that a cloud in docs/deploy.md has, but for the smallest of the Community Cloud.
SMALL_CLOUD_MB = 1024
# Opened at a page below, Streamlit looks there for its server first.
PROBES = ("/_stcore/health", "/_stcore/host-config")
DRAWN = "image => image.complete && image.naturalWidth > 0"


@dataclass(frozen=True, slots=True)
class Site:
    """A site that runs.

    base : its address, with the path below which it is, without a slash at the end
    processes : those of the app
    """

    base: str
    processes: list[psutil.Process]

    @property
    def path(self) -> str:
        """The path below which it is."""
        return urlsplit(self.base).path


@pytest.fixture(
    params=[
        pytest.param(("caddy", "/mood/ring"), marks=pytest.mark.slow),
        pytest.param(("nginx", ""), marks=pytest.mark.soak),
        pytest.param(("caddy", ""), marks=pytest.mark.soak),
        pytest.param(("nginx", "/mood/ring"), marks=pytest.mark.soak),
    ],
    ids=lambda one: f"{one[0]}{one[1].replace('/', '-')}",
)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    name, path = request.param
    ports = [free_port(), free_port()]
    with ExitStack() as stack:
        try:
            # Caddy asks whether they are well every two seconds, from before they are.
            door = stack.enter_context(PROXIES[name](ports, path))
            database, turn = stack.enter_context(postgresql()), stack.enter_context(relay())
        except NoServer as error:
            pytest.skip(str(error))
        spotify = stack.enter_context(FakeSpotify(dress=without_cover))
        base = f"{door.base}{path}"
        environ = {
            "MOODRING_DATABASE_URL": database,
            "MOODRING_REDIRECT_URI": f"{base}/",
            "STREAMLIT_SERVER_BASE_URL_PATH": path,
            **turn,
            **spotify.environ,
        }
        started = stack.enter_context(replicas(tmp_path, ports, **environ))
        yield Site(base, started)


def watched(context: BrowserContext, site: Site) -> tuple[Page, list[str]]:
    """Open a page, and a list of all that was refused, or asked for beside the site's path."""
    wrong: list[str] = []
    page = context.new_page()
    ours = urlsplit(site.base).netloc

    def look(url: str, status: int) -> None:
        place = urlsplit(url)
        beside = not place.path.startswith(f"{site.path}/")
        is_probe = status == HTTPStatus.NOT_FOUND and place.path.endswith(PROBES)
        if place.netloc == ours and not is_probe and (status >= 400 or beside):
            wrong.append(f"{status} {url}")

    page.on("response", lambda answer: look(answer.url, answer.status))
    page.on("websocket", lambda socket: look(socket.url, 101))
    return page, wrong


def memory_mb(process: psutil.Process) -> float:
    """Return the memory of a process and its workers, what they share counted once."""
    all_ = (process, *process.children(recursive=True))
    return sum(one.memory_full_info().pss for one in all_) / 1024 / 1024


def take_a_mood(page: Page) -> None:
    """Agree, and become a mood and songs through a relay."""
    page.locator(".st-key-agree button").click()
    start_over_relay(page)
    expect(page.locator(".st-key-tile-7")).to_be_visible()
    settle(page)
    expect(page.locator(".st-key-tile-0 img")).to_be_visible()
    assert page.locator(".st-key-tiles img").first.evaluate(DRAWN)
    page.locator(".st-key-stop-camera button").click()
    wait_for_label(page, "Ready when you are")


def upload_a_photo(page: Page, face: NDArray[np.uint8]) -> None:
    """Have a photo read."""
    photo = io.BytesIO()
    Image.fromarray(face).save(photo, "JPEG")
    page.locator(".st-key-way").get_by_role("radio", name="Photo").click()
    page.locator(".st-key-photo-input input[type=file]").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo.getvalue()}
    )
    wait_for_label(page, "happy")


def sign_in(page: Page) -> None:
    """Go to Spotify, and come back signed in."""
    agree = page.locator("#agree")
    press_until(page.get_by_role("button", name="Connect with Spotify"), agree)
    agree.click()
    expect(page.get_by_text("Connected as Fake Visitor")).to_be_visible()


def drop_and_play(page: Page, base: str) -> None:
    """Add a song with a cover, have it heard, and play it on while pages change."""
    cover = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 60, 20)).save(cover, "JPEG")
    song = encode(pattern(SECONDS), ".mp3", tags={"title": "Bright", "artist": "Ann"})
    page.goto(f"{base}/library")
    page.locator(".st-key-library-add input[type=file]").set_input_files(
        {"name": "bright.mp3", "mimeType": "audio/mpeg", "buffer": song}
    )
    expect(page.locator(".st-key-library-head h2")).to_contain_text("1 song")
    press_until(page.locator(".st-key-library-play button"), page.locator(PLAYING))
    page.wait_for_function(SOUNDS)
    history = page.locator(".st-key-top").get_by_role("link", name="History")
    press_until(history, page.locator(".st-key-history-ends"))
    page.wait_for_function(SOUNDS)


def choose_german(page: Page) -> None:
    """Choose a language, and see that the cookie keeps it."""
    german = page.get_by_role("option", name="Deutsch")
    press_until(page.locator(".st-key-interface-language").get_by_role("combobox"), german)
    german.click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    settle(page)
    page.goto(page.url.partition("?")[0])
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_a_visit_from_the_notice_to_the_dock(
    site: Site,
    open_browser: Callable[..., Browser],
    smiling_clip: Path,
    astronaut: NDArray[np.uint8],
) -> None:
    browser = open_browser(smiling_clip, extra=(FAKE_UI,))
    # The authority is looked at in `tests/deploy`; a browser without windows has none added.
    context = browser.new_context(ignore_https_errors=True)
    page, wrong = watched(context, site)
    page.add_init_script(BEHIND_FIREWALL.replace("CHANGED", "{}"))
    page.goto(f"{site.base}/")
    expect(page.locator(".st-key-notice")).to_be_visible()
    cookies = {one["name"]: one for one in context.cookies()}
    (own,) = (one for one in cookies.values() if COOKIE in one["name"])
    assert own["name"].startswith(HOST_PREFIX)
    assert own["secure"]
    assert own["httpOnly"]
    before = cookies[PROCESS]["value"]
    take_a_mood(page)
    upload_a_photo(page, astronaut)
    sign_in(page)
    drop_and_play(page, site.base)
    used = [memory_mb(one) for one in site.processes]
    assert max(used) < SMALL_CLOUD_MB, used
    choose_german(page)
    assert wrong == []
    assert {one["name"]: one["value"] for one in context.cookies()}[PROCESS] == before
    listener = [one for one in context.cookies() if one["name"] == "moodring_listener"]
    assert listener
    assert listener[0]["secure"]
