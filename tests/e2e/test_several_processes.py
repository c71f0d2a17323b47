"""Three processes on one database behind a proxy that obeys their cookie; one is killed."""

from __future__ import annotations

import re
import signal
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect
from sqlalchemy import func, select

from pages.ui.web.drain import DRAIN_S
from pages.ui.web.replicas import COOKIE
from recommender.db.engine import make_engine
from recommender.db.tables import OpinionRow
from recommender.types import DEFAULT_COUNT
from tests.busy import LATE_S
from tests.e2e.driver import (
    PRESS_PATIENCE_MS,
    PRESSES,
    agree,
    free_port,
    press_until,
    start_until,
    started_server,
)
from tests.fakes.servers import NoServer, postgresql
from tests.fakes.sticky_proxy import StickyProxy

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page

NAMES = ("a", "b", "c")
VISITORS = 3
# A page asks for its server again after one second, then two, four …
AGAIN_MS = 60_000
MOVED = "You are on another server now. If you were connected, connect again."


class Site:
    """The processes, their proxy and their database."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self._folder = url, folder
        self._ports = {name: free_port() for name in NAMES}
        self._figures = {name: free_port() for name in NAMES}
        self._running: dict[str, tuple[ExitStack, subprocess.Popen[bytes]]] = {}
        self.proxy = StickyProxy(self._ports)

    def start(self, name: str) -> None:
        """Start a process, and wait until it is well."""
        home = self._folder / name
        home.mkdir(exist_ok=True)
        environ = {
            "MOODRING_DATABASE_URL": self.url,
            "MOODRING_REPLICA": name,
            "MOODRING_METRICS_PORT": str(self._figures[name]),
        }
        one = ExitStack()
        started = started_server(home, port=self._ports[name], **environ)
        self._running[name] = one, one.enter_context(started)[1]

    def start_all(self) -> None:
        """Start those that do not run, and wait until all are well."""
        for name in NAMES:
            if name not in self._running:
                self.start(name)
        self.wait_until_well(*NAMES)

    def end(
        self, name: str, how: signal.Signals, meanwhile: Callable[[], object] = lambda: None
    ) -> int:
        """End a process, and return its status.

        meanwhile : called once it has been told to end
        """
        one, server = self._running.pop(name)
        server.send_signal(how)
        meanwhile()
        status = server.wait(DRAIN_S + 2 * LATE_S)
        one.close()
        return status

    def wait_until_well(self, *names: str) -> None:
        deadline = time.monotonic() + 60
        while not self.proxy.well.issuperset(names):
            assert time.monotonic() < deadline
            time.sleep(0.1)

    def likes(self) -> int:
        """Return how many songs are liked in the database."""
        engine = make_engine(self._folder, self.url)
        with engine.connect() as connection:
            counted = connection.scalar(select(func.count()).select_from(OpinionRow)) or 0
        engine.dispose()
        return int(counted)

    def analyses(self, name: str) -> float:
        """Return how many pictures a process has read."""
        with urlopen(f"http://127.0.0.1:{self._figures[name]}/metrics", timeout=30) as answer:
            said = answer.read().decode()
        return float(said.partition("\nmoodring_analyses_total ")[2].partition("\n")[0])

    def close(self) -> None:
        for one, _ in self._running.values():
            one.close()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with ExitStack() as living:
        try:
            url = living.enter_context(postgresql())
        except NoServer as error:
            pytest.skip(str(error))
        made = Site(url, tmp_path_factory.mktemp("site"))
        living.enter_context(made.proxy)
        living.callback(made.close)
        yield made


@pytest.fixture
def site(started: Site) -> Site:
    """The site with all its processes, those among them that an earlier test has killed."""
    started.start_all()
    started.proxy.failures = 0
    return started


def served_by(context: BrowserContext) -> str:
    """Return the process that the browser's cookie names."""
    return next(one["value"] for one in context.cookies() if one["name"] == COOKIE)


def songs(page: Page, base: str) -> None:
    """Say a mood by hand until there are songs."""
    page.goto(base)
    by_hand = page.get_by_role("radio", name="happy", exact=True)
    press_until(page.locator(".st-key-no-camera button"), by_hand)
    press_until(by_hand, page.locator(".st-key-tile-0 .why"))
    expect(page.locator(".st-key-tiles .artists")).to_have_count(DEFAULT_COUNT)


def like(page: Page) -> None:
    """Like the first song that is not liked yet, and return once the page shows that it is."""
    tiles = page.locator(".st-key-tiles")
    liked = tiles.get_by_role("button", name="Liked")
    before = liked.count()
    for _ in range(PRESSES):
        with suppress(AssertionError, PlaywrightError):
            if liked.count() == before:
                open_ = tiles.get_by_role("button", name=re.compile("^Like(?!d)"))
                open_.first.click(timeout=PRESS_PATIENCE_MS)
            expect(liked).to_have_count(before + 1, timeout=PRESS_PATIENCE_MS)
            return
    expect(liked).to_have_count(before + 1)


def is_well(page: Page) -> None:
    """Wait until a page is connected, and see that it shows no error."""
    state = page.locator(".stApp[data-test-connection-state=CONNECTED]")
    expect(state).to_have_count(1, timeout=AGAIN_MS)
    expect(page.locator("html[data-gone]")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)
    expect(page.locator(".st-key-tiles .artists")).to_have_count(DEFAULT_COUNT, timeout=AGAIN_MS)


@pytest.mark.slow
def test_a_killed_process_loses_no_like_and_its_pages_go_on_at_another(
    site: Site, open_browser: Callable[..., Browser]
) -> None:
    browser, before = open_browser(), site.likes()
    contexts = [browser.new_context() for _ in range(VISITORS)]
    pages = [context.new_page() for context in contexts]
    for page in pages:
        songs(page, site.proxy.base)
        like(page)
    killed = served_by(contexts[0])
    assert site.end(killed, signal.SIGKILL) == -signal.SIGKILL
    for page in pages:
        is_well(page)
        like(page)
    assert site.likes() - before == 2 * VISITORS
    # Whoever comes back finds their likes, wherever that is.
    for page, context in zip(pages, contexts, strict=True):
        songs(page, site.proxy.base)
        assert served_by(context) != killed
    assert site.proxy.failures == 0


@pytest.mark.slow
def test_while_one_process_after_the_other_is_restarted_no_like_is_lost(
    site: Site, open_browser: Callable[..., Browser]
) -> None:
    browser, before = open_browser(), site.likes()
    pages = [browser.new_context().new_page() for _ in range(VISITORS)]

    def all_like() -> None:
        for page in pages:
            is_well(page)
            like(page)

    for page in pages:
        songs(page, site.proxy.base)
    for name in NAMES:
        # Who is there may go on while it ends, and comes to another one after that.
        assert site.end(name, signal.SIGTERM, meanwhile=all_like) == 0
        site.start(name)
        site.wait_until_well(name)
    all_like()
    assert site.likes() - before == VISITORS * (len(NAMES) + 1)
    assert site.proxy.failures == 0


@pytest.mark.slow
def test_a_camera_goes_on_at_another_process_by_one_press(
    site: Site, open_browser: Callable[..., Browser], smiling_clip: Path
) -> None:
    browser = open_browser(smiling_clip, extra=("--use-fake-ui-for-media-stream",))
    context = browser.new_context()
    page = context.new_page()
    agree(page, site.proxy.base)
    start_until(page, "happy")
    killed = served_by(context)
    site.end(killed, signal.SIGKILL)
    expect(page.locator(".st-key-mood-label")).not_to_have_text("happy", timeout=AGAIN_MS)
    expect(page.locator(".st-key-agree")).to_have_count(0)
    start_until(page, "happy")
    assert any(map(site.analyses, set(NAMES) - {killed}))


@pytest.mark.slow
def test_who_has_agreed_is_not_asked_again_by_another_process(
    site: Site, open_browser: Callable[..., Browser]
) -> None:
    context = open_browser().new_context()
    page = context.new_page()
    agree(page, site.proxy.base)
    expect(page.locator(".st-key-withdraw")).to_have_count(1)
    killed = served_by(context)
    page.goto(f"{site.proxy.base}/library")
    server = page.locator(".st-key-subsonic")
    expect(server).to_contain_text("OpenSubsonic")
    expect(server).not_to_contain_text(MOVED)
    site.end(killed, signal.SIGKILL)
    page.goto(site.proxy.base)
    expect(page.locator(".st-key-withdraw")).to_have_count(1)
    expect(page.locator(".st-key-agree")).to_have_count(0)
    assert served_by(context) != killed
    # What is connected was in the memory of the one that is gone.
    page.goto(f"{site.proxy.base}/library")
    expect(server).to_contain_text(MOVED)
