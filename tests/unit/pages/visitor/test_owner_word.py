"""Where the owner's address is printed and opened, and what a guess meets."""

from __future__ import annotations

import asyncio
import io
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request

from pages.ui.visitor import owner
from pages.ui.visitor.owner import has_screen, owner_address, owner_routes, told_owner
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = {
    "server.address": "127.0.0.1",
    "server.port": 8501,
    "server.baseUrlPath": "",
    "server.sslCertFile": None,
}


class Screen(io.StringIO):
    """What is written to a terminal, or to a file."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What the browser opens; the page for it lies in a folder of the test."""
    addresses: list[str] = []
    monkeypatch.setattr(owner.webbrowser, "open", addresses.append)
    monkeypatch.setattr(owner.threading, "Thread", AtOnce)
    monkeypatch.setattr(owner, "OPENING_PAGE", tmp_path / "owner.html")
    monkeypatch.setattr(owner, "has_screen", lambda _: True)
    return addresses


class AtOnce:
    """A thread that has run before it is started."""

    def __init__(self, *, target: object, args: tuple[str], daemon: bool) -> None:
        assert callable(target)
        assert daemon
        self.start = lambda: target(*args)


def options(monkeypatch: pytest.MonkeyPatch, **changed: object) -> None:
    named = {f"server.{name}": value for name, value in changed.items()}
    monkeypatch.setattr(owner.st, "get_option", {**OPTIONS, **named}.__getitem__)


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        ({}, "http://127.0.0.1:8501/"),
        ({"address": None}, "http://127.0.0.1:8501/"),
        ({"address": ""}, "http://127.0.0.1:8501/"),
        ({"address": "0.0.0.0", "port": 80}, "http://127.0.0.1:80/"),
        ({"address": "::"}, "http://127.0.0.1:8501/"),
        ({"address": "::1"}, "http://[::1]:8501/"),
        ({"address": "localhost"}, "http://localhost:8501/"),
        ({"address": "192.168.1.20"}, "http://192.168.1.20:8501/"),
        ({"baseUrlPath": "/mood/ring/"}, "http://127.0.0.1:8501/mood/ring/"),
        ({"sslCertFile": "cert.pem"}, "https://127.0.0.1:8501/"),
    ],
)
def test_the_address_is_one_that_a_browser_here_opens(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, object], start: str
) -> None:
    options(monkeypatch, **changed)
    assert owner_address() == f"{start}moodring/owner?word={owner.WORD}"


def test_at_a_terminal_the_address_is_one_line_and_the_browser_opens_it_if_asked(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], tmp_path: Path
) -> None:
    options(monkeypatch)
    screen = Screen(terminal=True)
    monkeypatch.setattr(sys, "stdout", screen)
    with told_owner():
        assert opened == []
    assert screen.getvalue().count("\n") == 1
    assert screen.getvalue().endswith(f", open {owner_address()}\n")
    monkeypatch.setenv(owner.OPEN_BROWSER, "1")
    page = tmp_path / "owner.html"
    page.write_text("of a server that was killed")
    with told_owner():
        # Not the address: every user can read a browser's command line.
        assert opened == [page.as_uri()]
        assert f"url={owner_address()}" in page.read_text()
        if sys.platform != "win32":
            assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert not page.exists()


@pytest.mark.parametrize("stdout", [None, Screen(terminal=False)])
def test_without_a_terminal_nothing_is_printed_nor_opened(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], stdout: Screen | None
) -> None:
    monkeypatch.setenv(owner.OPEN_BROWSER, "1")
    monkeypatch.setattr(sys, "stdout", stdout)
    with told_owner():
        assert opened == []
    assert stdout is None or not stdout.getvalue()


def test_where_the_page_for_the_browser_cannot_be_written_the_address_is_there(
    monkeypatch: pytest.MonkeyPatch, opened: list[str], tmp_path: Path
) -> None:
    options(monkeypatch)
    screen = Screen(terminal=True)
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setenv(owner.OPEN_BROWSER, "1")
    monkeypatch.setattr(owner, "OPENING_PAGE", tmp_path / "no" / "owner.html")
    with told_owner():
        assert opened == []
    assert owner.WORD in screen.getvalue()


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a 1 b 22"}, False),
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "a 1 b 22"}, False),
        ("win32", {}, True),
    ],
)
def test_a_browser_opens_only_where_somebody_sees_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, environ: dict[str, str], expected: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert has_screen(environ) == expected


def test_each_wrong_word_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", note)
    route, _ = owner_routes("")
    for word, status in (("x", 403), (owner.WORD, 303), ("", 403)):
        scope = {"type": "http", "headers": [], "query_string": f"word={word}".encode()}
        answer = run_apart(route.endpoint(Request({**scope, "path": "/", "server": ("a", 80)})))
        assert answer.status_code == status
    assert waited == [owner.WRONG_WAIT_S] * 2
