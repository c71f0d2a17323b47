"""The address that leads on to a preview, for the browser alone that it was made for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.routing import Match, Route

from pages.ui import resources
from pages.ui.visitor import browser
from pages.ui.web import previews, sounds
from recommender.errors import SourceError, Unavailable

if TYPE_CHECKING:
    from starlette.responses import Response

SECRET = b"s" * 32
PREVIEW = "https://cdnt-preview.dzcdn.net/api/1/1/a.mp3?hdnea=exp=1"


class Player:
    """A Deezer that gives what it is told to, or raises it."""

    def __init__(self) -> None:
        self.outcome: str | SourceError | None = PREVIEW
        self.asked: list[int] = []

    def preview(self, number: int, *, deadline: float) -> str | None:
        assert deadline > 0
        self.asked.append(number)
        if isinstance(self.outcome, SourceError):
            raise self.outcome
        return self.outcome


@pytest.fixture
def player(monkeypatch: pytest.MonkeyPatch) -> Player:
    made = Player()
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(resources, "deezer", lambda: made)
    return made


def answer_to(address: str, cookie: str = "") -> Response:
    """Answer a browser that follows an address of ours."""
    (route,) = previews.routes("/moodring")
    assert isinstance(route, Route)
    scope = {"type": "http", "method": "GET", "path": address, "query_string": b"", "headers": []}
    name = browser.cookie_name(SECRET, https=False)
    if cookie:
        scope["headers"] = [(b"cookie", f"{name}={cookie}".encode())]
    matched, child = route.matches({**scope, "scheme": "http", "server": ("localhost", 80)})
    assert matched is Match.FULL
    return route.endpoint(Request({**scope, **child, "scheme": "http", "server": ("x", 80)}))


def address(monkeypatch: pytest.MonkeyPatch, cookie: str = "") -> str:
    """The address as a page of a browser with this cookie has it."""
    who = browser.browser_id(cookie, SECRET)
    monkeypatch.setattr(browser, "key", lambda: who)
    return previews.address_of(7)[1:]


def test_a_press_leads_to_the_preview_of_the_moment(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = browser.new_cookie(SECRET)
    ours = address(monkeypatch, cookie)
    for _ in range(2):
        answer = answer_to(ours, cookie)
        assert (answer.status_code, answer.headers["Location"]) == (302, PREVIEW)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert player.asked == [7, 7]
    # Another browser, or none that keeps cookies, has no use for it.
    assert answer_to(ours).status_code == 404
    assert answer_to(ours, browser.new_cookie(SECRET)).status_code == 404
    assert player.asked == [7, 7]


def test_a_browser_without_cookies_has_an_address_too(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert answer_to(address(monkeypatch)).status_code == 302
    assert player.asked == [7]


@pytest.mark.parametrize("token", ["7", "7-0", "é", "A" * 55, "9" * 5000])
def test_made_up_addresses_lead_nowhere(player: Player, token: str) -> None:
    assert answer_to(f"/moodring/preview/{token}").status_code == 404
    assert player.asked == []


def test_the_address_of_a_sound_is_of_no_use_here(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = browser.new_cookie(SECRET)
    ours = address(monkeypatch, cookie)
    sound = sounds.address_for(sounds.PATH, "7").replace(sounds.PATH, previews.PATH, 1)[1:]
    assert answer_to(sound, cookie).status_code == 404
    assert answer_to(ours, cookie).status_code == 302
    assert player.asked == [7]


def test_no_preview_no_answer_and_no_deezer_are_told_apart(
    player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = address(monkeypatch)
    player.outcome = None
    assert answer_to(ours).status_code == 404
    player.outcome = Unavailable("deezer-failed")
    assert answer_to(ours).status_code == 503
    monkeypatch.setattr(resources, "deezer", lambda: None)
    assert answer_to(ours).status_code == 404
    assert len(player.asked) == 2
