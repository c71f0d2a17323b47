"""The cookie by which a proxy sends a browser to one of several processes."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

import pytest
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from pages.ui.visitor.browser import is_page
from pages.ui.web import replicas
from pages.ui.web.replicas import COOKIE, ReplicaCookie, Room
from tests.fakes.web_server import asked, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request


async def page(_: Request) -> HTMLResponse:
    return HTMLResponse("<p>a page")


async def other(_: Request) -> PlainTextResponse:
    return PlainTextResponse("no page")


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    made = Room()
    made.name = "a"
    monkeypatch.setattr(replicas, "ROOM", made)
    return made


@pytest.fixture
def port(room: Room) -> Iterator[int]:
    assert room.name
    routes = [Route("/", page), Route("/other", other), *replicas.replica_routes("/moodring")]
    with serving(routes, [Middleware(ReplicaCookie, is_page=is_page, framed=False)]) as served:
        yield served


def named(port: int, path: str = "/", shown: str = "") -> str | None:
    """Return the name that a request's answer sets."""
    told = asked(port, path, {COOKIE: shown} if shown else {})[1].get("set-cookie")
    return None if told is None else SimpleCookie(told)[COOKIE].value


def test_a_page_names_the_process_that_serves_it(port: int) -> None:
    _, headers, _ = asked(port, "/", {}, X_Forwarded_Proto="https")
    morsel = SimpleCookie(headers["set-cookie"])[COOKIE]
    assert (morsel.value, morsel["path"], morsel["samesite"]) == ("a", "/", "Lax")
    assert morsel["httponly"]
    assert morsel["secure"]
    assert headers["cache-control"] == "no-store"
    assert named(port, shown="a") is None
    assert named(port, "/other") is None


def test_alone_a_process_has_no_name(port: int, room: Room) -> None:
    room.name = ""
    assert named(port) is None


def test_new_visitors_of_a_full_process_go_where_most_seats_are_free(port: int, room: Room) -> None:
    room.note(0, {"b": 1, "c": 3})
    assert named(port) == "c"
    assert named(port, shown="NO-NAME") == "c"
    # A proxy has sent its visitor here, because b is gone.
    assert named(port, shown="b") == "a"
    assert named(port, shown="a") is None
    room.note(0, {"b": 0})
    assert named(port) == "a"
    room.note(1, {"b": 5})
    assert named(port) == "a"


def test_whoever_waits_for_a_seat_can_go_elsewhere(port: int, room: Room) -> None:
    room.note(0, {"b": 2})
    status, headers, _ = asked(port, "/moodring/elsewhere?goal=lift", {COOKIE: "a"})
    assert (status, headers["location"]) == (303, "../?goal=lift")
    assert SimpleCookie(headers["set-cookie"])[COOKIE].value == "b"
    room.note(0, {})
    _, headers, _ = asked(port, "/moodring/elsewhere", {})
    assert (headers["location"], "set-cookie" in headers) == ("../", False)
