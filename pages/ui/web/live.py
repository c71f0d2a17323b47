"""The socket that tells a browser what its camera reads, ten times a second at most on average.

The page draws nothing for it (`pages.ui.listen.ring`). Each handshake is checked: the address is
this browser's and has not ended, and its camera is on. Whatever is wrong, the answer is the same.
"""

import asyncio
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from pages.ui import resources
from pages.ui.visitor import browser
from pages.ui.web.doors import WEBSOCKET_REFUSED
from pages.ui.web.sound_tokens import subject_of, token_of

PATH = "live"
# Between two messages. Another mood is told at once, and what comes after it that much later.
EVERY_S = 0.1
# For so long a broken socket is asked why the page has left it.
CLOSE_S = 1.0
# Between two looks at a camera that reads nothing: its connection or its consent may have ended.
LOOK_S = 0.5
# In place of the word of a browser that keeps no cookies: the camera's id is secret, too.
NO_COOKIES = "none"
# Close codes: the camera has ended (RFC 6455, 7.4.1); ours: a newer socket has come, and the page
# needs this one no longer. A lost network is reported as a close without a code.
ENDED, REPLACED, DETACHED = 1000, 4001, 4002
# The browser has said what no page of ours says, and has left the page (RFC 6455, 7.4.1).
STRANGE, LEFT = 1008, 1001
# The words of a browser of itself: the page is hidden, is seen again, and has no picture to send.
AWAY, BACK, BLIND = "away", "back", "blind"


class Presence(Protocol):
    """Whether a visitor has the page before them. Times are of `time.monotonic`."""

    def leave(self, now: float) -> None:
        """Note that the page is hidden."""

    def come_back(self, now: float) -> None:
        """Note that it is seen again."""

    def lose(self, now: float) -> None:
        """Note that it is out of reach."""

    def find(self, now: float) -> None:
        """Note that it is in reach."""

    def detach(self) -> None:
        """Note that it has closed its socket alone."""

    def note_blind(self, now: float) -> None:
        """Note that it has no picture to send."""

    def close(self) -> None:
        """Note that it has been closed."""


class Camera(Protocol):
    """The camera of one visitor, as its socket sees it. Any thread may call.

    Attributes
    ----------
    id : str, secret
    on_reading : callable or None, called in another thread when there may be something new to tell,
        with whether that is another mood
    """

    id: str
    on_reading: Callable[[bool], None] | None

    @property
    def presence(self) -> Presence:
        """Whether its visitor has the page before them."""

    @property
    def is_on(self) -> bool:
        """Whether there may be more to tell."""

    def told(self) -> dict[str, Any]:
        """Return what to tell now."""

    def hear(self, told: bytes) -> None:
        """Take what the browser says; raise ValueError if no page of ours says it."""


# Those whose pages have named their sockets' addresses.
_cameras: WeakValueDictionary[str, Camera] = WeakValueDictionary()
_lock = threading.Lock()
# Touched in the server's event loop alone.
_open: WeakKeyDictionary[Camera, WebSocket] = WeakKeyDictionary()


def address_of(camera: Camera) -> str:
    """Return the address of a camera's socket, relative to the page, for this run's browser."""
    with _lock:
        _cameras[camera.id] = camera
    word, secret = browser.key() or NO_COOKIES, resources.browser_secret()
    return f"./moodring/{PATH}/{token_of(PATH, camera.id, word, secret, time.time())}"


def routes(prefix: str) -> list[BaseRoute]:
    """Return the route of the sockets, below a prefix."""
    return [WebSocketRoute(f"{prefix}/{PATH}/{{token}}", tell)]


async def tell(socket: WebSocket) -> None:
    """Tell a browser what its camera reads, until the camera ends."""
    camera = await run_in_threadpool(_camera_of, socket)
    if camera is None:
        # For a close before the handshake is accepted, the server answers 403.
        await socket.close(WEBSOCKET_REFUSED)
        return
    # The browser may be gone, or the server about to be.
    with suppress(WebSocketDisconnect, WebSocketDisconnected):
        await socket.accept()
        before, _open[camera] = _open.get(camera), socket
        camera.presence.find(time.monotonic())
        if before is not None:
            with suppress(WebSocketDisconnect, WebSocketDisconnected):
                await before.close(REPLACED)
        await _Telling(socket, camera).go_on()


def _camera_of(socket: WebSocket) -> Camera | None:
    """Return the camera of a socket's address; None for another browser's, and one that is off."""
    secret = resources.browser_secret
    word = browser.word_shown(socket.cookies, socket.headers, secret, socket.url.scheme)
    token = socket.path_params["token"]
    id_ = subject_of(PATH, token, word or NO_COOKIES, secret(), time.time())
    with _lock:
        camera = _cameras.get(id_ or "")
    return camera if camera is not None and camera.is_on else None


async def _wait_for(event: asyncio.Event, until: float) -> None:
    """Wait for an event until a time of the loop's clock."""
    with suppress(TimeoutError):
        async with asyncio.timeout_at(until):
            await event.wait()


class _Telling:
    """One open socket."""

    def __init__(self, socket: WebSocket, camera: Camera) -> None:
        self._socket, self._camera = socket, camera
        self._loop = asyncio.get_running_loop()
        self._news, self._mood = asyncio.Event(), asyncio.Event()
        self._waits = False

    async def go_on(self) -> None:
        """Tell what is new until the camera ends, the browser goes, or a newer socket comes."""
        hearing = asyncio.create_task(self._hear())
        hearing.add_done_callback(lambda _: self._note(is_mood=True))
        self._camera.on_reading = self._wake
        told, due = "", self._loop.time()
        try:
            while not hearing.done() and _open.get(self._camera) is self._socket:
                self._news.clear()
                self._mood.clear()
                self._waits = True
                goes_on = self._camera.is_on
                message = json.dumps(self._camera.told(), separators=(",", ":"))
                if message != told:
                    told = message
                    await self._socket.send_text(message)
                if not goes_on:
                    await self._socket.close(ENDED)
                    return
                now = self._loop.time()
                due = max(due, now) + EVERY_S
                if due - EVERY_S > now:
                    await asyncio.wait({hearing}, timeout=due - EVERY_S - now)
                await _wait_for(self._mood, due)
                await _wait_for(self._news, self._loop.time() + LOOK_S)
        except (WebSocketDisconnect, WebSocketDisconnected):
            # The close comes with a reason, and may be heard only now: a page that was closed must
            # not be waited for.
            await asyncio.wait({hearing}, timeout=CLOSE_S)
        finally:
            hearing.cancel()
            if _open.get(self._camera) is self._socket:
                del _open[self._camera]
                self._camera.on_reading = None

    def _wake(self, is_mood: bool) -> None:  # noqa: FBT001 - called by a camera
        """Say from any thread that there is something new."""
        if self._waits or is_mood:
            self._waits = False
            # The server may have ended.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(partial(self._note, is_mood=is_mood))

    def _note(self, *, is_mood: bool) -> None:
        self._news.set()
        if is_mood:
            self._mood.set()

    async def _hear(self) -> None:
        """Take what the browser says, one after the other."""
        while (heard := await self._socket.receive())["type"] == "websocket.receive":
            if heard.get("text") is not None:
                self._note_presence(heard["text"])
                continue
            try:
                await run_in_threadpool(self._camera.hear, heard.get("bytes") or b"")
            except ValueError:
                await self._socket.close(STRANGE)
                return
        if _open.get(self._camera) is not self._socket:
            return
        if heard["code"] in (LEFT, ENDED):
            self._camera.presence.close()
        elif heard["code"] == DETACHED:
            self._camera.presence.detach()
        else:
            # The network is gone, or has changed.
            self._camera.presence.lose(time.monotonic())

    def _note_presence(self, told: str) -> None:
        presence, now = self._camera.presence, time.monotonic()
        if told == AWAY:
            presence.leave(now)
        elif told == BACK:
            presence.come_back(now)
        elif told == BLIND:
            presence.note_blind(now)
        self._news.set()
