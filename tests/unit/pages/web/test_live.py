"""The socket of a running camera: for whom, what it tells, how often, and when it ends."""

from __future__ import annotations

import asyncio
import json
import time
from functools import partial
from operator import methodcaller
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any

import pytest
from starlette.middleware import Middleware
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from detectors.types import EmotionScores
from pages.ui import resources
from pages.ui.listen import frames, pictures
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.sight import Look
from pages.ui.visitor import browser
from pages.ui.visitor.agreements import Consent
from pages.ui.visitor.browser import browser_id, cookie_name, new_cookie
from pages.ui.web import doors, live
from tests.busy import LATE_S, wait_until
from tests.fakes.web_server import serving
from tests.own_thread import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = b"s" * 32
MINE, THEIRS = new_cookie(SECRET), new_cookie(SECRET)
NAME = cookie_name(SECRET, https=False)
HAPPY = EmotionScores(0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1, 0.0)
ELSEWHERE = "http://elsewhere.test"
PATIENCE_S = 60.0


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "browser_secret", lambda: SECRET)


@pytest.fixture
def camera() -> LiveReading:
    """A camera that runs and reads a smile."""
    made = LiveReading()
    made.agreed = Consent("1")
    made.shows_rate = True
    made.waiting_since = time.monotonic()
    show(made, "happy")
    return made


def show(camera: LiveReading, name: str | None) -> None:
    """Let it read an emotion, or none that is sure."""
    with camera._lock:
        changed = name is not None and camera._sight.steady.name != name
        camera._last_frame = time.monotonic()
        camera._frames += 1
        camera._sight.last = Look(HAPPY)
        camera._sight.steady.name = name
    if camera.on_reading is not None:
        camera.on_reading(changed)


class Browser:
    """Opens sockets of the camera, each at the address that a page of another browser may name."""

    def __init__(self, port: int, camera: LiveReading, patch: pytest.MonkeyPatch) -> None:
        self.here = f"http://127.0.0.1:{port}"
        self._camera, self._patch = camera, patch

    def address(self, page: str = MINE) -> str:
        """The address that a page of a browser with this cookie names."""
        self._patch.setattr(browser, "key", lambda: browser_id(page, SECRET))
        return live.address_of(self._camera).removeprefix(".")

    def open(self, path: str, cookie: str = MINE, origin: str = "") -> ClientConnection:
        headers = {"Cookie": f"{NAME}={cookie}"} if cookie else {}
        url = self.here.replace("http", "ws") + path
        return connect(
            url, origin=Origin(origin or self.here), additional_headers=headers, compression=None
        )


@pytest.fixture
def mine(camera: LiveReading, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    check = Middleware(doors.OriginCheck, allowed=frozenset())
    with serving(live.routes("/moodring"), [check]) as port:
        yield Browser(port, camera, monkeypatch)


def heard(socket: ClientConnection) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(socket.recv(PATIENCE_S))
    return told


def test_a_browser_is_told_what_its_camera_reads_when_that_changes(
    mine: Browser, camera: LiveReading
) -> None:
    with mine.open(mine.address()) as socket:
        told = heard(socket)
        assert (told["state"], told["name"], told["way"]) == ("sure", "happy", "webrtc")
        assert told["scores"]["happy"] == pytest.approx(0.9)
        assert set(told["mood"]) == {"valence", "energy"}
        assert told["feeling"] == "happy"
        assert (told["turn"], told["rate"]) == (1, "0.0")
        show(camera, "happy")
        show(camera, None)
        assert heard(socket)["state"] == "unsure"
        show(camera, "happy")
        assert heard(socket)["state"] == "sure"


def test_a_picture_is_answered_and_what_is_none_ends_the_socket(
    mine: Browser, camera: LiveReading
) -> None:
    taken: list[bytes] = []
    camera.on_picture = lambda _, told: taken.append(told)
    with mine.open(mine.address()) as socket:
        assert heard(socket)["heard"] == 0
        socket.send(b"a picture")
        assert heard(socket)["heard"] == 1
        assert taken == [b"a picture"]
        camera.on_picture = partial(pictures.take, 1)
        socket.send(b"none")
        assert end_of(socket)[1] == live.STRANGE


def test_a_browser_tells_that_its_page_is_hidden_until_it_is_closed(
    mine: Browser, camera: LiveReading
) -> None:
    said = [(live.AWAY, True), ("nothing of ours", True), (live.BACK, False), (live.AWAY, True)]
    with mine.open(mine.address()) as socket:
        for count, (word, away) in enumerate(said):
            socket.send(word)
            # What is answered came later.
            socket.send(b"a picture")
            while heard(socket)["heard"] <= count:
                pass
            assert camera.presence.is_away(time.monotonic()) is away
        socket.close(live.LEFT)
    deadline = time.monotonic() + PATIENCE_S
    while camera.presence.is_away(time.monotonic()):
        assert time.monotonic() < deadline, "a closed page is waited for"
        time.sleep(0.001)


def close_without_a_reason(socket: ClientConnection) -> None:
    with socket.send_context():
        socket.protocol.send_close()


def lose_the_network(socket: ClientConnection) -> None:
    socket.socket.shutdown(SHUT_RDWR)


@pytest.mark.parametrize(
    ("end", "opened", "away"),
    [
        (methodcaller("close", live.LEFT), False, False),
        (methodcaller("close"), False, False),
        (methodcaller("close", live.DETACHED), None, False),
        (close_without_a_reason, True, True),
        (lose_the_network, True, True),
    ],
)
def test_a_page_whose_socket_breaks_off_is_waited_for(
    mine: Browser,
    camera: LiveReading,
    end: Callable[[ClientConnection], None],
    opened: bool | None,
    away: bool,
) -> None:
    presence = camera.presence
    assert presence.is_open is None
    with mine.open(mine.address()) as socket:
        heard(socket)
        assert presence.is_open
        socket.send(live.BLIND)
        wait_until(lambda: presence.is_blind(0.0))
        end(socket)
        wait_until(lambda: camera not in live._open)
    assert (presence.is_open, presence.is_away(time.monotonic())) == (opened, away)
    with mine.open(mine.address()) as socket:
        heard(socket)
        assert (presence.is_open, presence.is_away(time.monotonic())) == (True, False)


class Closed:
    """A socket that a page has closed: that is found when something is sent, and heard later."""

    def __init__(self) -> None:
        self.was_sent = asyncio.Event()

    async def send_text(self, _: str) -> None:
        self.was_sent.set()
        raise WebSocketDisconnect(1006)

    async def receive(self) -> dict[str, object]:
        await self.was_sent.wait()
        await asyncio.sleep(0.01)
        return {"type": "websocket.disconnect", "code": live.LEFT}


def test_a_page_that_is_closed_while_it_is_told_something_is_not_waited_for(
    camera: LiveReading,
) -> None:
    async def tell() -> None:
        socket: Any = Closed()
        live._open[camera] = socket
        camera.presence.find(time.monotonic())
        await live._Telling(socket, camera).go_on()

    run(tell())
    assert (camera.presence.is_open, camera in live._open) == (False, False)


def test_more_changes_than_ten_a_second_are_not_told(mine: Browser, camera: LiveReading) -> None:
    assert live.EVERY_S == 1 / 10
    with mine.open(mine.address()) as socket:
        heard(socket)
        begun = time.monotonic()
        for number in range(6):
            show(camera, "sad" if number % 2 else "fear")
            heard(socket)
        # One of them came at once, in place of the next.
        assert time.monotonic() - begun > 4 * live.EVERY_S


def test_another_mood_does_not_wait_for_the_next_turn(
    mine: Browser, camera: LiveReading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "EVERY_S", PATIENCE_S)
    with mine.open(mine.address()) as socket:
        heard(socket)
        show(camera, None)
        show(camera, "fear")
        told = heard(socket)
        assert told["name"] == "fear"
        # It has taken the turn of the next one.
        show(camera, "sad")
        with pytest.raises(TimeoutError):
            socket.recv(LATE_S / 4)


@pytest.mark.parametrize(
    ("page", "cookie", "origin"),
    [(MINE, THEIRS, ""), (MINE, "", ""), ("", MINE, ""), (MINE, MINE, ELSEWHERE)],
    ids=["another's", "without", "made without", "elsewhere"],
)
def test_another_browser_and_another_origin_are_refused(
    mine: Browser, page: str, cookie: str, origin: str
) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        mine.open(mine.address(page), cookie, origin)


@pytest.mark.parametrize("wrong", ["token", "gone", "stopped"])
def test_a_wrong_token_and_a_camera_that_is_off_are_refused(
    mine: Browser, camera: LiveReading, wrong: str
) -> None:
    path = mine.address()
    if wrong == "token":
        path = path[:-1] + ("A" if path[-1] != "A" else "B")
    elif wrong == "gone":
        live._cameras.clear()
    else:
        camera.reset()
    with pytest.raises(InvalidStatus, match="403"):
        mine.open(path)


def test_a_browser_without_cookies_has_its_cameras_secret_id_alone(mine: Browser) -> None:
    with mine.open(mine.address(""), "") as socket:
        assert heard(socket)["name"] == "happy"


def end_of(socket: ClientConnection) -> tuple[dict[str, Any], int | None]:
    """What is told last, and the code of the close."""
    told: dict[str, Any] = {}
    try:
        while True:
            told = heard(socket)
    except ConnectionClosed as end:
        return told, end.rcvd and end.rcvd.code


@pytest.mark.parametrize("why", ["withdrawn", "stopped"])
def test_it_ends_with_the_consent_and_with_the_camera(
    mine: Browser, camera: LiveReading, why: str
) -> None:
    assert camera.agreed is not None
    with mine.open(mine.address()) as socket:
        before = heard(socket)["turn"]
        if why == "withdrawn":
            camera.agreed.withdraw()
        else:
            camera.reset()
        told, code = end_of(socket)
    assert code == live.ENDED
    if why == "withdrawn":
        assert told["turn"] == before + 1, "the page has to show the notice"
    else:
        # It may come after the page's own word.
        assert (told["state"], "way" in told) == ("idle", False)


def test_the_page_is_asked_to_run_when_the_connection_has_ended_or_never_came(
    mine: Browser, camera: LiveReading
) -> None:
    camera.reset()
    camera.waiting_since = time.monotonic() - frames.CONNECTION_PATIENCE_S - 1
    with mine.open(mine.address()) as socket:
        told = heard(socket)
        assert (told["state"], told["turn"]) == ("connecting", 1)
        camera.is_over = True
        assert heard(socket)["turn"] == 2


def test_a_newer_socket_takes_the_place_of_the_one_before(
    mine: Browser, camera: LiveReading
) -> None:
    with mine.open(mine.address()) as first:
        heard(first)
        with mine.open(mine.address()) as second:
            assert heard(second)["name"] == "happy"
            assert end_of(first)[1] == live.REPLACED
            show(camera, None)
            assert heard(second)["state"] == "unsure"
