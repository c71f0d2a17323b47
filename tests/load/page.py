"""A visitor's side of Streamlit's own protocol: what the browser would send and understand."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

if TYPE_CHECKING:
    from collections.abc import Callable

# What shows a reading: fed by the page, or while the camera runs by a socket.
READING, LIVE = "moodring_feed", "moodring_live"
# States of the ring that say why there is no picture.
OFF = ("full", "no-camera")
MAX_MESSAGE = 64 * 1024 * 1024
CAMERA = "webrtc_streamer"


class Counted(ClientConnection):
    """A socket that counts the bytes which come."""

    came = 0

    def data_received(self, data: bytes) -> None:
        """Take what comes."""
        self.came += len(data)
        super().data_received(data)


class Page:
    """One open page: the elements that were drawn last, and the buttons to press.

    label : the emotion that is named, "" while none is
    sentences : why the page shows no picture
    rates : the analysed frames a second that it has shown so far
    way : how the camera's pictures come, "" while none do
    heard : how many pictures that were sent here the server has answered
    told_bytes : the bytes that have come by the camera's socket, as on the line
    """

    def __init__(self, base: str) -> None:
        self._base = base.replace("http", "ws", 1)
        self._live, self._turn, self._given_turn, self._fragment = "", 0, 0, ""
        self._socket: ClientConnection | None = None
        self._page = ""
        self._values: dict[str, WidgetState] = {}
        self._fragments: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._following: asyncio.Task[None] | None = None
        self._runs = 0
        self._changed = asyncio.Condition()
        self.buttons: dict[str, str] = {}
        self.camera: dict[str, Any] | None = None
        self.label = ""
        self.sentences: list[str] = []
        self.rates: list[float] = []
        self.way = ""
        self.heard = 0
        self._line: Counted | None = None
        self._told_before = 0

    @property
    def told_bytes(self) -> int:
        """What has come by the camera's socket, without a page's run."""
        return self._told_before + (self._line.came if self._line else 0)

    async def open(self) -> None:
        """Open the page."""
        self._socket = await connect(f"{self._base}/_stcore/stream", max_size=MAX_MESSAGE)
        self._tasks.append(asyncio.create_task(self._listen()))
        self._tasks.append(asyncio.create_task(self._poll()))
        await self._send()

    async def close(self) -> None:
        """Close it, as closing the tab does."""
        self._stop_following()
        for task in self._tasks:
            task.cancel()
        if self._socket is not None:
            await self._socket.close()

    def _stop_following(self) -> None:
        if self._following is not None:
            self._following.cancel()
            self._following = None

    async def press(self, key: str) -> None:
        """Press the button with this key."""
        trigger = WidgetState(id=self.buttons[key], trigger_value=True)
        await self._send(trigger)

    async def answer_camera(self, value: dict[str, Any]) -> None:
        """Give the camera component's value, as its frame would."""
        assert self.camera is not None
        state = WidgetState(id=self.camera["id"], json_value=json.dumps(value))
        self._values[state.id] = state
        await self._send()

    async def send_picture(self, content: bytes) -> None:
        """Send a picture in WebRTC's place, and wait for its answer."""
        assert self._line is not None
        before = self.heard
        await self._line.send(content)
        await self._come_to_show(lambda page: page.heard != before)

    async def until(self, holds: Callable[[Page], bool], seconds: float) -> None:
        """Wait until the page shows something.

        Raises
        ------
        TimeoutError
            When it does not within so many seconds, with what it shows instead.
        websockets.exceptions.ConnectionClosed
            When the server hung up.
        """
        waiting = asyncio.create_task(self._come_to_show(holds))
        done, _ = await asyncio.wait(
            {waiting, *self._tasks}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        for task in done:
            # Raises what ended the listening.
            task.result()
        if not done:
            raise TimeoutError(
                f"label {self.label!r}, sentences {self.sentences}, buttons {[*self.buttons]}, "
                f"run again every {self._fragments}, {self._runs} runs begun, "
                f"last rates {self.rates[-3:]}, camera {self.camera}"
            )

    async def _come_to_show(self, holds: Callable[[Page], bool]) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: holds(self))

    async def _send(self, *triggers: WidgetState, fragment: str = "") -> None:
        assert self._socket is not None
        message = BackMsg()
        states = WidgetStates(widgets=[*self._values.values(), *triggers])
        message.rerun_script.widget_states.CopyFrom(states)
        # Else streamlit-webrtc takes the next run for another page, and hangs up.
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = fragment in self._fragments
        await self._socket.send(message.SerializeToString())

    async def _poll(self) -> None:
        """Run the fragments again as often as the server asked for."""
        loop = asyncio.get_running_loop()
        due: dict[str, float] = {}
        while True:
            await asyncio.sleep(0.05)
            for fragment, interval in list(self._fragments.items()):
                if loop.time() >= due.get(fragment, 0.0):
                    due[fragment] = loop.time() + interval
                    await self._send(fragment=fragment)

    async def _follow(self, address: str) -> None:
        """Take what the camera's socket tells, and have the page run when it asks for that."""
        with suppress(ConnectionClosed):
            url = self._base + address.removeprefix(".")
            async with connect(url, create_connection=Counted) as socket:
                assert isinstance(socket, Counted)
                self._told_before, self._line = self.told_bytes, socket
                while True:
                    self._show(json.loads(await socket.recv()))
                    async with self._changed:
                        self._changed.notify_all()
                    if self._turn > self._given_turn:
                        self._given_turn = self._turn
                        await self._send(fragment=self._fragment)

    def _show(self, seen: dict[str, Any]) -> None:
        self.label, self.way = seen["name"] or "", seen.get("way", "")
        self._turn, self.heard = seen.get("turn", 0), seen.get("heard", 0)
        if "rate" in seen:
            self.rates.append(float(seen["rate"]))
        if seen["state"] in OFF and "hint" in seen:
            self.sentences.append(seen["hint"])

    async def _listen(self) -> None:
        assert self._socket is not None
        while True:
            content = await self._socket.recv()
            assert isinstance(content, bytes)
            message = ForwardMsg.FromString(content)
            kind = message.WhichOneof("type")
            self._runs += kind == "new_session"
            if kind == "new_session" and not message.metadata.run.fragment_ids:
                self.sentences, self._fragments = [], {}
            elif kind == "navigation":
                self._page = message.navigation.page_script_hash
            elif kind == "auto_rerun":
                self._fragments[message.auto_rerun.fragment_id] = message.auto_rerun.interval
            elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self._take(message.delta.new_element, message.delta.fragment_id)
            async with self._changed:
                self._changed.notify_all()

    def _take(self, element: Any, fragment: str) -> None:  # noqa: ANN401 - protobuf makes its classes at run time
        kind = element.WhichOneof("type")
        if kind == "button":
            # "$$ID-<hash>-<key>", with the key that the program gave it.
            self.buttons[element.button.id.split("-", 2)[2]] = element.button.id
        elif kind == "component_instance" and CAMERA in element.component_instance.component_name:
            self.camera = {
                "id": element.component_instance.id,
                **json.loads(element.component_instance.json_args),
            }
        elif kind == "bidi_component" and READING in element.bidi_component.component_name:
            self._live = ""
            self._stop_following()
            self._show(json.loads(element.bidi_component.json))
        elif kind == "bidi_component" and LIVE in element.bidi_component.component_name:
            given = json.loads(element.bidi_component.json)
            self._given_turn, self._fragment = given["turn"], fragment
            if given["own"].get("state") in OFF:
                self.sentences.append(given["own"]["hint"])
            if self._live != given["address"]:
                self._live = given["address"]
                self._stop_following()
                self._following = asyncio.create_task(self._follow(self._live))
