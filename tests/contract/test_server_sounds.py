"""The route that passes a music server's sound on, over HTTP, from a fake server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import streamlit as st

from pages.ui import resources
from pages.ui.web import server_sounds, sounds
from pages.ui.web.server_sounds import ServerSoundResponse, address_of
from recommender.subsonic.client import Login, SubsonicClient
from recommender.subsonic.heard import HeardInMemory
from recommender.subsonic.server import MusicServer
from recommender.subsonic.shelf import Shelf
from recommender.web.addresses import owners_address
from tests.fakes.subsonic import PASSWORD, SOUND, USER, FakeSubsonic, song
from tests.fakes.web_server import asked, serving
from tests.own_thread import run as run_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = 1_790_000_000.0
SECRET = b"s" * 32
COOKIE = sounds.browser.cookie_name(SECRET, https=False)
MINE = {COOKIE: sounds.browser.new_cookie(SECRET)}
SONGS = [song(1), song(2, suffix="wma"), song(3, size=None), song(4)]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(server_sounds.routes("/moodring")) as found:
        yield found


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeSubsonic]:
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)
    monkeypatch.setattr(sounds, "time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies=MINE, headers={}))
    with FakeSubsonic(SONGS[:3]) as started:
        yield started


@pytest.fixture
def server(fake: FakeSubsonic) -> MusicServer:
    login = Login(USER, PASSWORD)
    made = MusicServer(Shelf(SubsonicClient(owners_address(fake.base), login), HeardInMemory()))
    made.look()
    return made


def addresses(server: MusicServer) -> list[str]:
    found = [address_of(server, one) for one in server.shelf.songs()]
    assert all(one.startswith("./moodring/server-sound/") for one in found)
    return [one.removeprefix(".") for one in found]


def test_a_song_is_passed_on_whole_and_in_ranges(port: int, server: MusicServer) -> None:
    first, converted, unmeasured = addresses(server)
    size = len(SOUND)
    status, headers, body = asked(port, first, MINE)
    assert (status, body) == (200, SOUND)
    fixed = {
        "content-type": "audio/wav",
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    assert headers.items() >= {**fixed, "content-length": f"{size}"}.items()
    status, part, body = asked(port, first, MINE, Range="bytes=-4", If_Range=headers["etag"])
    assert (status, body) == (206, SOUND[-4:])
    assert part["content-range"] == f"bytes {size - 4}-{size - 1}/{size}"
    assert asked(port, first, MINE, Range="bytes=0-3", If_Range='"x"')[::2] == (200, SOUND)
    status, headers, _ = asked(port, first, MINE, Range=f"bytes={size}-")
    assert (status, headers["content-range"]) == (416, f"bytes */{size}")
    status, headers, body = asked(port, first, MINE, "HEAD")
    assert (status, body, headers["content-length"]) == (200, b"", f"{size}")
    # A file that browsers cannot play is converted, and one of unknown length has no ranges.
    for path, kind in ((converted, "audio/mpeg"), (unmeasured, "audio/wav")):
        status, headers, body = asked(port, path, MINE, Range="bytes=0-3")
        assert (status, body, headers["content-type"]) == (200, SOUND, kind)
        assert "accept-ranges" not in headers
        assert "content-length" not in asked(port, path, MINE, "HEAD")[1]


def test_only_the_browser_and_while_the_server_is_connected(
    port: int, server: MusicServer, fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = addresses(server)[0]
    assert asked(port, path, MINE)[0] == 200
    before = len(fake.asked)
    other = {COOKIE: sounds.browser.new_cookie(SECRET)}
    assert asked(port, path, other)[::2] == (404, b"Not Found.")
    assert asked(port, path + "A", MINE)[0] == 404
    fake.songs = SONGS[3:]
    server.look()
    assert asked(port, path, MINE)[0] == 404
    path = addresses(server)[0]
    server.stop()
    assert asked(port, path, MINE)[0] == 404
    assert "stream" not in fake.methods()[before:]
    monkeypatch.setattr(st, "context", SimpleNamespace(cookies={}, headers={}))
    assert address_of(server, server.shelf.songs()[0]) == ""


@pytest.mark.parametrize(
    ("fault", "status"), [("500", 502), ("reset", 502), ("HTML", 502), ("not allowed", 404)]
)
def test_a_server_that_gives_nothing_is_a_status(
    port: int, server: MusicServer, fake: FakeSubsonic, fault: str, status: int
) -> None:
    path = addresses(server)[0]
    fake.fault = fault
    assert asked(port, path, MINE)[0] == status


def test_a_lying_server_gives_no_more_than_it_told() -> None:
    stream = SimpleNamespace(status=206, headers={"Content-Range": "bytes 0-3/9\r\nX: y"})
    assert server_sounds._numbers(stream, (0, 4)) == (200, {})  # type: ignore[arg-type]

    async def taken(*told: bytes, length: str | None = "5") -> bytes:
        return b"".join([one async for one in server_sounds._chunks_of(iter(told), length)])

    assert run_apart(taken(b"abc", b"def", b"ghi")) == b"abcde"
    assert run_apart(taken(b"abc", length=None)) == b"abc"
    with pytest.raises(OSError, match="less than it told"):
        run_apart(taken(b"abc"))


def test_sounds_of_servers_at_once_are_limited(
    port: int, server: MusicServer, fake: FakeSubsonic, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = addresses(server)[0]
    monkeypatch.setattr(server_sounds, "MAX_SERVER_SOUNDS", 0)
    before = len(fake.asked)
    assert asked(port, path, MINE)[0] == 429
    assert len(fake.asked) == before
    assert ServerSoundResponse.answered == []
