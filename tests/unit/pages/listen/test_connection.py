"""A camera's connection: which offers it takes, its seat, and what it is told of its visitor."""

from __future__ import annotations

import asyncio
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import streamlit
from aiortc import RTCPeerConnection
from aiortc.mediastreams import VideoStreamTrack
from av import VideoFrame
from streamlit_webrtc import component
from streamlit_webrtc.webrtc import WebRtcWorker

from pages.ui.listen import camera, connection, ice, pictures
from pages.ui.listen.capacity import Capacity
from pages.ui.listen.connection import (
    ADMIT,
    MAX_OFFER,
    MAX_PARTS,
    MAX_TOLD,
    RELAYS,
    Refused,
    VisitorWorker,
    is_browsers_offer,
)
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.seats import Seats
from pages.ui.visitor.agreements import Consent
from tests.own_thread import run, running_loop

if TYPE_CHECKING:
    from collections.abc import Iterator

PART = "m=video 9 UDP/TLS/RTP/SAVPF 96\r\n"
PATIENCE_S = 30.0
CANDIDATE = "candidate:1 1 udp 2122260223 192.168.1.7 50000 typ host"


@pytest.mark.parametrize(
    ("sdp", "type_", "usual"),
    [
        (f"v=0\r\n{PART}", "offer", True),
        (f"v=0\r\n{PART * MAX_PARTS}", "offer", True),
        (f"v=0\r\n{PART * (MAX_PARTS + 1)}", "offer", False),
        (f"v=0\n{PART * 500}", "offer", False),
        ("v=0\rm=audio\rm=audio\rm=audio", "offer", False),
        ("x" * MAX_OFFER, "offer", True),
        ("x" * (MAX_OFFER + 1), "offer", False),
        (f"v=0\r\n{PART}", "answer", False),
        (f"v=0\r\n{PART}", None, False),
        (None, "offer", False),
        ({"m": 1}, "offer", False),
        (7, "offer", False),
    ],
)
def test_offers_are_as_long_as_browsers_make_them(sdp: object, type_: object, usual: bool) -> None:
    assert is_browsers_offer(sdp, type_) is usual


def test_aiortc_takes_the_same_lines_for_parts() -> None:
    from aiortc.sdp import SessionDescription

    told = (
        "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
        + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 3
    )
    assert len(SessionDescription.parse(told).media) == 3
    assert not is_browsers_offer(told, "offer")


@pytest.fixture
def seats(monkeypatch: pytest.MonkeyPatch) -> Seats:
    made = Seats(Capacity())
    for module in (camera, connection, pictures):
        monkeypatch.setattr(module, "SEATS", made)
    return made


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """The server's event loop."""
    with running_loop() as made:
        yield made


@pytest.fixture
def visitor(seats: Seats) -> Iterator[LiveReading]:
    """A visitor who may have the only seat."""
    made = LiveReading()
    token = ADMIT.set(lambda hang_up: camera._admit(made, 1, hang_up))
    yield made
    ADMIT.reset(token)
    for seat in list(seats._taken.values()):
        seats.leave(seat)


def worker(monkeypatch: pytest.MonkeyPatch, loop: object, address: str | None) -> VisitorWorker:
    monkeypatch.setattr(streamlit, "context", SimpleNamespace(ip_address=address))
    names = WebRtcWorker.__init__.__code__.co_varnames[1:25]
    known: dict[str, Any] = dict.fromkeys(names)
    known |= {"mode": component.WebRtcMode.SENDONLY, "async_processing": True}
    known |= {"video_receiver_size": 4, "audio_receiver_size": 4}
    known |= {"sendback_video": True, "sendback_audio": True}
    known |= {"loop": loop}
    known.pop("relay")
    return VisitorWorker(**known)


def test_frames_are_taken_where_they_arrive(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading
) -> None:
    assert not visitor.is_over
    made, track = worker(monkeypatch, loop, None), VideoStreamTrack()
    assert made._relay.subscribe(track) is track
    made.stop()


def test_streamlit_webrtc_makes_such_connections() -> None:
    assert component.WebRtcWorker is VisitorWorker
    code = component.webrtc_streamer.__code__
    used = {
        *code.co_names,
        *(name for one in code.co_consts if hasattr(one, "co_names") for name in one.co_names),
    }
    assert "WebRtcWorker" in used


def test_a_connection_has_its_seat_until_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading, seats: Seats
) -> None:
    visitor.never_came = True
    made = worker(monkeypatch, loop, None)
    assert seats.holds(visitor)
    assert not visitor.never_came
    with pytest.raises(Refused, match="full"):
        worker(monkeypatch, loop, None)
    made.stop()
    assert not seats.holds(visitor)
    made.stop()


def test_a_connection_that_breaks_off_leaves_its_seat_to_pictures(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading, seats: Seats
) -> None:
    made = worker(monkeypatch, loop, None)
    visitor.agreed, visitor.waiting_since = Consent("1"), time.monotonic()
    made.stop()
    assert seats.holds(visitor)
    assert (visitor.way, visitor.is_over) == ("pictures", False)
    with pytest.raises(Refused, match="None"):
        worker(monkeypatch, loop, None)
    made.stop()
    assert seats.holds(visitor), "a second end of it changes nothing"
    seats.hang_up(visitor)
    assert not seats.holds(visitor)


@pytest.fixture
def by_pictures(visitor: LiveReading, seats: Seats) -> LiveReading:
    """The same visitor, whose connection has given way to pictures, as the browser knows."""
    visitor.agreed, visitor.waiting_since = Consent("1"), time.monotonic()
    assert pictures.go_on(1, visitor)
    visitor.may_reconnect = True
    assert seats.holds(visitor)
    return visitor


def test_a_trial_that_brings_frames_takes_the_place_of_pictures(
    monkeypatch: pytest.MonkeyPatch, loop: object, by_pictures: LiveReading, seats: Seats
) -> None:
    trial, frame = worker(monkeypatch, loop, None), VideoFrame(64, 64)
    trial._note_way(is_relayed=True)
    assert by_pictures.way == "pictures"
    for _ in range(2):
        trial._take(frame)
    assert (by_pictures.way, by_pictures.state().frames) == ("relay", 2)
    assert by_pictures.active
    # It has the seat now, and breaks off as any connection.
    trial.stop()
    assert (by_pictures.way, by_pictures.is_over) == ("pictures", False)
    assert seats.holds(by_pictures)
    assert not by_pictures.may_reconnect, "its browser has yet to notice"
    with pytest.raises(Refused, match="None"):
        worker(monkeypatch, loop, None)
    trial._take(frame)
    assert by_pictures.way == "pictures", "a frame of the former connection"


def test_a_trial_that_brings_nothing_ends_by_itself_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, loop: object, by_pictures: LiveReading, seats: Seats
) -> None:
    monkeypatch.setattr(connection, "TRIAL_S", 0.01)
    ended = threading.Event()
    monkeypatch.setattr(VisitorWorker, "hang_up", lambda _: ended.set())
    trial = worker(monkeypatch, loop, None)
    assert ended.wait(PATIENCE_S)
    trial.stop()
    assert (by_pictures.way, by_pictures.is_over) == ("pictures", False)
    assert by_pictures.may_reconnect
    assert seats.holds(by_pictures)
    # A camera that was stopped meanwhile is not taken up again.
    late = worker(monkeypatch, loop, None)
    ended.clear()
    seats.hang_up(by_pictures)
    late._take(VideoFrame(64, 64))
    assert ended.is_set()
    assert by_pictures.state().frames == 0
    late.stop()


def test_what_was_hung_up_is_not_connected_again(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading, seats: Seats
) -> None:
    worker(monkeypatch, loop, None)
    seats.hang_up(visitor)
    assert visitor.is_over
    for thread in threading.enumerate():
        if thread.name.endswith("(_stop)"):
            thread.join()
    assert not seats.holds(visitor)
    with pytest.raises(Refused) as refusal:
        worker(monkeypatch, loop, None)
    assert refusal.value.problem is None


def test_a_strange_offer_is_refused_and_leaves_its_seat(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading, seats: Seats
) -> None:
    made = worker(monkeypatch, loop, None)
    with pytest.raises(Refused, match="failed"):
        made.process_offer(PART * 9, "offer")
    assert not seats.holds(visitor)


def test_so_many_addresses_are_taken_from_a_browser(
    monkeypatch: pytest.MonkeyPatch, loop: object, visitor: LiveReading
) -> None:
    assert not visitor.is_over
    made, added = worker(monkeypatch, loop, None), []
    monkeypatch.setattr(made, "add_ice_candidate", added.append)
    one = {"candidate": CANDIDATE, "sdpMid": "0", "sdpMLineIndex": 0}
    made.set_ice_candidates_from_offerer({"a": one})
    made.set_ice_candidates_from_offerer({"a": one, "b": one})
    assert len(added) == 2
    for turn in range(5):
        made.set_ice_candidates_from_offerer({f"{turn}-{number}": one for number in range(1000)})
    assert len(added) == MAX_TOLD
    made.stop()


async def offer() -> str:
    peer = RTCPeerConnection()
    peer.addTrack(VideoStreamTrack())
    await peer.setLocalDescription(await peer.createOffer())
    sdp = peer.localDescription.sdp
    await peer.close()
    return str(sdp)


@pytest.mark.parametrize(
    ("address", "near"), [(None, True), ("10.0.0.9", True), ("8.8.8.8", False)]
)
def test_a_connection_knows_whether_its_visitor_is_near(
    monkeypatch: pytest.MonkeyPatch,
    loop: object,
    visitor: LiveReading,
    address: str | None,
    near: bool,
) -> None:
    assert not visitor.is_over
    made: list[ice.VisitorConnection] = []

    class Noting(ice.VisitorConnection):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            made.append(self)

    monkeypatch.setattr(ice.rtcicetransport, "Connection", Noting)
    token = RELAYS.set(frozenset({"192.0.2.9"}))
    visitor.way = "relay"
    connected = worker(monkeypatch, loop, address)
    assert connected.process_offer(run(offer()), "offer", 10).type == "answer"
    connected.stop()
    # The first is that of the test's own offer.
    assert [one._near for one in made] == [False, near]
    # It knows the relays, and tells whether one is in the way.
    assert [one._relays for one in made] == [frozenset(), {"192.0.2.9"}]
    assert visitor.way == "webrtc"
    assert made[1]._found is not None
    made[1]._found(is_relayed=True)
    assert visitor.way == "relay"
    RELAYS.reset(token)
