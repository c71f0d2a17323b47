"""A visitor's own Spotify account, in a real browser against the fake."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from pages.ui.visitor.browser import COOKIE
from tests.e2e.driver import PROJECT, open_menu, press_until, running_app, settle
from tests.e2e.screens import owed
from tests.fakes.spotify import CLIENT_ID, FakeSpotify, without_cover
from tests.fakes.spotify_user import FakeUser
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

SONGS = 6
# So long that a press can be made within it, and so short that a test can wait for its end.
SHORT_LIFE_S = 3


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("account")


@pytest.fixture(scope="module")
def served(data_dir: Path) -> Iterator[tuple[FakeSpotify, str]]:
    with FakeSpotify(dress=without_cover) as fake, running_app(data_dir, **fake.environ) as base:
        yield fake, base


@pytest.fixture
def base(served: tuple[FakeSpotify, str]) -> str:
    return served[1]


@pytest.fixture
def user(served: tuple[FakeSpotify, str]) -> FakeUser:
    """A visitor who has never been here."""
    served[0].user = FakeUser(CLIENT_ID)
    return served[0].user


@pytest.fixture
def contexts(open_browser: Callable[..., Browser]) -> tuple[BrowserContext, BrowserContext]:
    """Two visitors: neither has the other's cookies."""
    browser = open_browser()
    return browser.new_context(), browser.new_context()


@pytest.fixture
def page(contexts: tuple[BrowserContext, BrowserContext]) -> Page:
    return contexts[0].new_page()


def choose(page: Page, base: str, wishes: str = "") -> None:
    """Say a mood by hand, until there are songs."""
    page.goto(f"{base}/?count={SONGS}{wishes}")
    chip = page.get_by_role("radio", name="happy", exact=True)
    press_until(page.locator(".st-key-no-camera button"), chip)
    press_until(chip, last_tile(page))


def last_tile(page: Page) -> Locator:
    return page.locator(f".st-key-tile-{SONGS - 1} .why")


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=False)


def agree(page: Page) -> str:
    """Allow what Spotify asks, and return the address that leads back."""
    link = page.locator("#agree")
    address = link.get_attribute("href")
    assert address is not None
    link.click()
    return address


def connect(page: Page, name: str = "Connect with Spotify") -> str:
    """Connect from the page, and return the address that led back."""
    press_until(button(page, name), page.locator("#agree"))
    address = agree(page)
    expect(page.get_by_text("Connected as Fake Visitor")).to_be_visible()
    return address


def titles(page: Page) -> Locator:
    return page.locator(".st-key-tiles .mr-tile .title")


def pages_of_songs(page: Page) -> list[str]:
    covers = page.locator(".st-key-tiles a:has(img)")
    expect(covers).to_have_count(SONGS)
    return [str(cover.get_attribute("href")) for cover in covers.all()]


def expect_clean(page: Page) -> None:
    """Expect nothing of a sign-in in the address."""
    expect(page).not_to_have_url(re.compile("[?&](code|state|error)="))


@pytest.mark.slow
def test_songs_are_saved_though_the_visitor_had_to_sign_in_first(
    base: str, user: FakeUser, page: Page
) -> None:
    choose(page, base, "&language=Tamil")
    shown = titles(page).all_inner_texts()
    press_until(button(page, "Save as a playlist"), page.locator("#agree"))
    assert user.asked_scopes == ["playlist-modify-private"]
    agree(page)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{SONGS} songs")
    expect_clean(page)
    expect(titles(page)).to_have_text(shown)
    assert page.get_by_role("radio", name="happy", exact=True).is_checked()
    assert "language=Tamil" in page.url
    assert f"count={SONGS}" in page.url
    name = dialog.get_by_role("textbox")
    expect(name).to_have_value(re.compile(r"^Moodring · happy · \d{1,2} [A-Z][a-z]+ 20\d\d$"))
    name.fill("My Tamil evening")
    name.press("Tab")
    dialog.get_by_role("button", name="Save").click()
    link = dialog.get_by_role("link", name="Open it on Spotify")
    expect(link).to_be_visible()
    ((identity, playlist),) = user.playlists.items()
    expect(link).to_have_attribute("href", f"https://open.spotify.com/playlist/{identity}")
    assert (playlist.name, playlist.public) == ("My Tamil evening", False)
    assert [uri.rsplit(":", 1)[1] for uri in playlist.uris] == [
        url.rsplit("/", 1)[1] for url in pages_of_songs(page)
    ]


def test_nothing_of_the_sign_in_stays_in_the_browsers_history(
    base: str, user: FakeUser, page: Page
) -> None:
    page.goto(f"{base}/?count={SONGS}")
    address = connect(page)
    assert "code=" in address
    assert f"count={SONGS}" in page.url
    entries = page.context.new_cdp_session(page).send("Page.getNavigationHistory")["entries"]
    ours = [one["url"] for one in entries if one["url"].startswith(base)]
    assert len(ours) > 1
    assert not [url for url in ours if re.search("[?&](code|state)=", url)]
    assert user.asked_scopes


@pytest.mark.slow
def test_songs_without_a_page_on_spotify_are_not_offered_for_saving(
    base: str, user: FakeUser, page: Page
) -> None:
    # A journey's songs are the catalogue's own.
    choose(page, base, "&goal=take+me+to+calm")
    save = button(page, "Save as a playlist")
    expect(save).to_be_disabled()
    assert user.asked_scopes == []


@pytest.mark.slow
def test_a_connected_browser_is_known_in_another_tab_and_no_other_browser_is(
    base: str, user: FakeUser, contexts: tuple[BrowserContext, BrowserContext]
) -> None:
    mine, yours = contexts
    page = mine.new_page()
    page.goto(base)
    connect(page)
    tab = mine.new_page()
    tab.goto(base)
    expect(tab.get_by_text("Connected as Fake Visitor")).to_be_visible()
    other = yours.new_page()
    other.goto(base)
    expect(button(other, "Connect with Spotify")).to_be_visible()
    assert user.asked_scopes == ["playlist-modify-private"]


def test_nobody_is_connected_by_streamlits_cookie_or_by_a_made_up_one(
    base: str, user: FakeUser, contexts: tuple[BrowserContext, BrowserContext]
) -> None:
    mine, yours = contexts
    page = mine.new_page()
    page.goto(base)
    connect(page)
    kept = {one["name"]: one for one in mine.cookies()}
    (name,) = [one for one in kept if one.startswith(COOKIE)]
    assert kept[name]["httpOnly"]
    word, tag = kept[name]["value"].split(".")
    planted = f"{word}.{tag[::-1]}"
    yours.add_cookies(
        [
            {"name": "_streamlit_xsrf", "value": kept["_streamlit_xsrf"]["value"], "url": base},
            {"name": name, "value": planted, "url": base},
        ]
    )
    stranger = yours.new_page()
    stranger.goto(base)
    expect(button(stranger, "Connect with Spotify")).to_be_visible()
    (anew,) = [one["value"] for one in yours.cookies() if one["name"] == name]
    assert anew not in {planted, kept[name]["value"]}
    assert user.asked_scopes == ["playlist-modify-private"]


def test_who_comes_from_another_site_is_still_known(base: str, user: FakeUser, page: Page) -> None:
    page.goto(base)
    connect(page)
    assert user.asked_scopes
    before = page.context.cookies()
    # As Spotify is: another site, not only another port.
    page.goto(f"data:text/html,<a href='{base}/?count={SONGS}'>back</a>")
    with page.expect_request(re.compile("count=")) as asked:
        page.get_by_role("link", name="back").click()
    assert asked.value.all_headers()["sec-fetch-site"] == "cross-site"
    expect(page.get_by_text("Connected as Fake Visitor")).to_be_visible()
    ours = [one for one in page.context.cookies() if one["name"].startswith(COOKIE)]
    assert ours == [one for one in before if one["name"].startswith(COOKIE)]


@pytest.mark.slow
def test_a_replayed_return_is_refused(base: str, user: FakeUser, page: Page) -> None:
    page.goto(base)
    address = connect(page)
    given = len(user.canaries)
    page.goto(address)
    expect(page.get_by_text(said("sign-in-replayed"))).to_be_visible()
    expect_clean(page)
    expect(page.get_by_text("Connected as Fake Visitor")).to_be_visible()
    assert len(user.canaries) == given


@pytest.mark.slow
def test_a_return_in_another_browser_is_refused_and_serves_nobody(
    base: str, user: FakeUser, contexts: tuple[BrowserContext, BrowserContext]
) -> None:
    mine, yours = (context.new_page() for context in contexts)
    mine.goto(base)
    press_until(button(mine, "Connect with Spotify"), mine.locator("#agree"))
    address = str(mine.locator("#agree").get_attribute("href"))
    yours.goto(address)
    expect(yours.get_by_text(said("sign-in-foreign"))).to_be_visible()
    expect_clean(yours)
    expect(button(yours, "Connect with Spotify")).to_be_visible()
    agree(mine)
    expect(mine.get_by_text(said("sign-in-replayed"))).to_be_visible()
    expect(button(mine, "Connect with Spotify")).to_be_visible()
    assert user.canaries == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("code=made-up&state=made-up", said("sign-in-unknown")),
        ("code=made-up", said("sign-in-missing")),
        ("error=access_denied&state=made-up", said("sign-in-unknown")),
    ],
)
def test_a_return_that_nobody_began_is_refused(
    base: str, user: FakeUser, page: Page, query: str, sentence: str
) -> None:
    page.goto(f"{base}/?{query}&count={SONGS}")
    expect(page.get_by_text(sentence)).to_be_visible()
    expect_clean(page)
    assert f"count={SONGS}" in page.url
    assert user.canaries == []


@contextmanager
def app_with_short_lives(data_dir: Path, fake: FakeSpotify) -> Iterator[str]:
    """Start the app with states that live for `SHORT_LIFE_S`."""
    (data_dir / "sitecustomize.py").write_text(
        f"from recommender.spotify import oauth\noauth.STATE_LIFETIME_S = {SHORT_LIFE_S}\n"
    )
    path = f"{data_dir}:{PROJECT}"
    with running_app(data_dir, PYTHONPATH=path, **fake.environ) as base:
        yield base


@pytest.mark.slow
def test_a_return_that_took_too_long_is_refused(tmp_path: Path, page: Page) -> None:
    with FakeSpotify() as fake, app_with_short_lives(tmp_path, fake) as base:
        page.goto(base)
        press_until(button(page, "Connect with Spotify"), page.locator("#agree"))
        page.wait_for_timeout(SHORT_LIFE_S * 1000)
        agree(page)
        expect(page.get_by_text(said("sign-in-expired"))).to_be_visible()
        expect_clean(page)
        expect(button(page, "Connect with Spotify")).to_be_visible()
        assert fake.user.canaries == []


@pytest.mark.slow
def test_a_visitor_who_says_no_has_their_songs_all_the_same(
    base: str, user: FakeUser, page: Page
) -> None:
    choose(page, base)
    shown = titles(page).all_inner_texts()
    press_until(button(page, "Save as a playlist"), page.locator("#cancel"))
    page.locator("#cancel").click()
    expect(page.get_by_text("Spotify is not connected: you did not allow it.")).to_be_visible()
    expect_clean(page)
    expect(titles(page)).to_have_text(shown)
    expect(button(page, "Connect with Spotify")).to_be_visible()
    assert page.get_by_role("dialog").count() == 0
    assert user.canaries == []


@pytest.mark.slow
def test_after_six_months_the_visitor_reconnects(base: str, user: FakeUser, page: Page) -> None:
    choose(page, base)
    connect(page)
    user.revoked = True
    user.end_access()
    dialog = page.get_by_role("dialog")
    press_until(button(page, "Save as a playlist"), dialog)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text(said("spotify-reconnect"))).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.reload()
    user.revoked = False
    connect(page, "Reconnect Spotify")
    assert user.asked_scopes == ["playlist-modify-private"] * 2


@pytest.mark.slow
def test_permissions_are_asked_one_by_one_and_artists_offered_until_disconnect(
    base: str, user: FakeUser, page: Page
) -> None:
    choose(page, base)
    like = page.locator(".st-key-tile-0").get_by_role("button", name=re.compile("^Like"))
    liked = page.locator(".st-key-tile-0").get_by_role("button", name="Liked")
    press_until(like, liked)
    connect(page)
    press_until(button(page, "Suggest my artists"), page.locator("#agree"))
    assert [set(one.split()) for one in user.asked_scopes] == [
        {"playlist-modify-private"},
        {"playlist-modify-private", "user-top-read"},
    ]
    agree(page)
    artist = page.get_by_role("radio", name="Fake Artist 3", exact=True)
    artist.click()
    expect(page).to_have_url(re.compile(r"artist=Fake\+Artist\+3"))
    expect(artist).to_have_count(0)
    other = page.get_by_role("radio", name="Fake Artist 4", exact=True)
    expect(other).to_be_visible()
    press_until(button(page, "Save as a playlist"), page.get_by_role("dialog"))
    assert owed(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    button(page, "Disconnect").click()
    expect(button(page, "Connect with Spotify")).to_be_visible()
    expect(other).to_have_count(0)
    expect(page.get_by_text("Disconnected.")).to_be_visible()
    choose(page, base)
    expect(page.get_by_role("button", name="Liked")).to_have_count(0)
    expect(button(page, "Connect with Spotify")).to_be_visible()


@pytest.mark.slow
def test_a_song_plays_on_the_visitors_device_once_they_allow_it(
    base: str, user: FakeUser, page: Page
) -> None:
    choose(page, base)
    connect(page)
    tile = page.locator(".st-key-tile-1")
    track = pages_of_songs(page)[1].rsplit("/", 1)[1]
    play = open_menu(tile).locator(".st-key-play-" + track).get_by_role("button")
    press_until(play, page.locator("#agree"))
    assert "user-modify-playback-state" in user.asked_scopes[-1].split()
    user.has_device = False
    agree(page)
    expect(page.get_by_text(said("spotify-no-device"))).to_be_visible()
    user.has_device, user.has_premium = True, False
    queue = open_menu(tile).get_by_role("button", name="Queue on my device")
    press_until(queue, page.get_by_text(said("spotify-needs-premium")))
    user.has_premium = True
    press_until(queue, page.get_by_text("Queued on your device."))
    assert set(user.queued) == {f"spotify:track:{track}"}
    assert user.played == []
    play = open_menu(tile).locator(".st-key-play-" + track).get_by_role("button")
    press_until(play, page.get_by_text("Playing on your device."))
    page.keyboard.press("Escape")
    # While the dock is closed, DJ mode fills the queue of a device that was told to play.
    page.locator(".st-key-dj-mode button").click()
    settle(page)
    calm = page.get_by_role("radio", name="calm", exact=True)
    press_until(calm, page.get_by_text("next, because you look calmer").first)
    assert len(set(user.queued)) == 2


@pytest.mark.slow
def test_no_token_is_found_anywhere(base: str, user: FakeUser, page: Page, data_dir: Path) -> None:
    addresses: list[str] = []
    page.on("framenavigated", lambda frame: addresses.append(frame.url))
    choose(page, base)
    connect(page)
    press_until(button(page, "Save as a playlist"), page.get_by_role("dialog"))
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="Open it on Spotify")).to_be_visible()
    user.end_access()
    page.reload()
    expect(page.get_by_text("Connected as Fake Visitor")).to_be_visible()
    kept = page.evaluate(
        "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
    )
    texts = [page.content(), str(kept), *addresses]
    files = [path for path in data_dir.rglob("*") if path.is_file()]
    assert data_dir / "server.log" in files
    assert len(user.canaries) >= 2
    for canary in user.canaries:
        assert not any(canary in text for text in texts)
        for path in files:
            assert canary.encode() not in path.read_bytes(), path.name
    # The code, which is worth nothing any more, was in the address that led back and nowhere else.
    ours = [one for one in addresses if urlsplit(one).netloc == urlsplit(base).netloc]
    assert sum("code=" in one for one in ours) <= 1
    expect_clean(page)
