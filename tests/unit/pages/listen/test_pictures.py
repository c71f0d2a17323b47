"""Pictures in WebRTC's place: which are refused unseen, how many are read, and in whose seat."""

from __future__ import annotations

import io
import re
import struct
from functools import partial
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from detectors.errors import BadImage
from pages.ui.listen import frames, pictures, seats
from pages.ui.listen.capacity import Capacity
from pages.ui.listen.frames import CONNECTED_WITHIN_S, SILENT_S, LiveReading
from pages.ui.listen.pictures import (
    MAX_BYTES,
    MAX_HEIGHT,
    MAX_PER_S,
    MAX_SEGMENTS,
    MAX_WIDTH,
    BadPicture,
    check,
    decoded,
    take,
)
from pages.ui.listen.runs import AWAY_S
from pages.ui.listen.seats import Seats
from pages.ui.visitor.agreements import Consent
from tests.fakes.clock import Seconds
from tests.fakes.picture_bombs import EOI, SOI, segment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def gradient(width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """Red grows to the right, green downwards."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width)
    pixels[..., 1] = np.linspace(0, 255, height)[:, None]
    return pixels


def jpeg(pixels: NDArray[np.uint8] | None = None, **options: object) -> bytes:
    file = io.BytesIO()
    picture = Image.fromarray(gradient() if pixels is None else pixels)
    picture.save(file, "JPEG", **{"quality": 70, **options})
    return file.getvalue()


PLAIN = jpeg()
NOISE = np.random.default_rng(1).integers(0, 256, (480, 640, 3), np.uint8)
SCAN_AT = PLAIN.index(b"\xff\xda")
FRAME_AT = PLAIN.index(b"\xff\xc0")
FRAME = PLAIN[FRAME_AT : FRAME_AT + 19]


def before_scan(more: bytes) -> bytes:
    return PLAIN[:SCAN_AT] + more + PLAIN[SCAN_AT:]


def with_frame(frame: bytes) -> bytes:
    return PLAIN.replace(FRAME, frame)


def sized(width: int, height: int) -> bytes:
    return with_frame(FRAME[:5] + struct.pack(">HH", height, width) + FRAME[9:])


TAKEN = {
    "Pillow's": PLAIN,
    "grey": jpeg(gradient()[..., 0]),
    "all colours sampled": jpeg(subsampling=0),
    "a profile and a comment": jpeg(icc_profile=bytes(3000), comment=b"hello"),
    "restarts": jpeg(restart_marker_rows=1),
    "own tables": jpeg(optimize=True),
    "largest": sized(MAX_WIDTH, MAX_HEIGHT),
    "OpenCV's": cv2.imencode(".jpg", gradient())[1].tobytes(),
    "of a camera held upright": jpeg(gradient(360, 480)),
}
REFUSED = {
    "nothing": (b"", "no-jpeg"),
    "a PNG": (b"\x89PNG\r\n\x1a\n" + bytes(100), "no-jpeg"),
    "only a beginning": (SOI, "damaged"),
    "a byte too many": (PLAIN + bytes(MAX_BYTES + 1 - len(PLAIN)), "too-large"),
    "megabytes": (PLAIN + bytes(5_000_000), "too-large"),
    "noise at its best": (jpeg(NOISE, quality=95), "too-large"),
    "something behind the end": (PLAIN + b"\0", "more-than-one-scan"),
    "a second picture behind the end": (PLAIN + PLAIN, "more-than-one-scan"),
    "progressive": (jpeg(progressive=True), "not-baseline"),
    "extended": (with_frame(b"\xff\xc1" + FRAME[2:]), "not-baseline"),
    "lossless": (with_frame(b"\xff\xc3" + FRAME[2:]), "not-baseline"),
    "arithmetic coding": (with_frame(b"\xff\xc9" + FRAME[2:]), "not-baseline"),
    "arithmetic coding's tables": (before_scan(segment(0xCC, b"\0\0")), "not-baseline"),
    "two frames": (before_scan(FRAME), "several-frames"),
    "no frame": (with_frame(b""), "damaged"),
    "no scan": (PLAIN[:SCAN_AT] + EOI, "damaged"),
    "twelve bits": (with_frame(FRAME[:4] + b"\x0c" + FRAME[5:]), "strange-frame"),
    "sampled four times": (with_frame(FRAME[:11] + b"\x44" + FRAME[12:]), "strange-frame"),
    "a column too many": (sized(MAX_WIDTH + 1, MAX_HEIGHT), "strange-size"),
    "a row too many": (sized(MAX_WIDTH, MAX_HEIGHT + 1), "strange-size"),
    "huge": (sized(65_535, 65_535), "strange-size"),
    "no rows, or told later": (sized(320, 0), "strange-size"),
    "rows told later": (before_scan(segment(0xDC, b"\0\x40")), "strange-part"),
    "an end before the scan": (before_scan(EOI), "strange-part"),
    "colour by colour": (
        PLAIN.replace(PLAIN[SCAN_AT : SCAN_AT + 5], b"\xff\xda\0\x08\x01"), "damaged"),
    "another scan": (PLAIN[:-2] + PLAIN[SCAN_AT:], "more-than-one-scan"),
    "tables within the scan": (PLAIN[:-2] + segment(0xC4, b"") + EOI, "more-than-one-scan"),
    "padding within the scan": (PLAIN[:-2] + b"\xff" * 9 + EOI, "more-than-one-scan"),
    "padding before a part": (before_scan(b"\xff" * 9), "strange-part"),
    "zeros before a part": (before_scan(bytes(9)), "damaged"),
    "a part of no length": (before_scan(b"\xff\xfe\0\0"), "damaged"),
    "comments": (before_scan(segment(0xFE, b"") * MAX_SEGMENTS), "too-many-parts"),
    "cut off": (PLAIN[: len(PLAIN) // 2], "cut-off"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TAKEN)
def test_what_a_canvas_makes_is_taken(kind: str) -> None:
    width, height = check(TAKEN[kind])
    if kind != "largest":
        assert decoded(TAKEN[kind]).shape == (height, width, 3)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_no_canvas_makes_is_refused_by_its_header(kind: str) -> None:
    content, why = REFUSED[kind]
    with pytest.raises(BadPicture, match=re.escape(why)):
        check(content)


def test_colours_and_sides_come_as_they_are() -> None:
    pixels = decoded(jpeg(quality=95)).astype(int)
    assert np.abs(pixels - gradient()).mean() < 3
    # A picture says nothing here of how it should be turned.
    exif = Image.Exif()
    exif[0x0112] = 6
    assert decoded(jpeg(exif=exif.tobytes())).shape == (240, 320, 3)


def test_damage_within_the_scan_is_grey_or_told() -> None:
    cut = PLAIN[: SCAN_AT + 200] + EOI
    assert check(cut) == (320, 240)
    assert decoded(cut)[-1, -1].tolist() == [128, 128, 128]
    without_tables = PLAIN[:2] + PLAIN[FRAME_AT : FRAME_AT + 19] + PLAIN[SCAN_AT:]
    assert check(without_tables) == (320, 240)
    with pytest.raises(BadImage, match="damaged"):
        decoded(without_tables)


@given(
    start=st.sampled_from([PLAIN[:2], PLAIN[:20], PLAIN[:SCAN_AT], PLAIN[: SCAN_AT + 14]]),
    parts=st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from([FRAME, EOI, SOI, PLAIN[20:SCAN_AT], PLAIN[SCAN_AT:], PLAIN]),
            st.builds(segment, st.integers(0xC0, 0xFE), st.binary(max_size=70)),
        ),
        max_size=8,
    ),
    places=st.lists(st.tuples(st.integers(2, len(PLAIN) - 3), st.integers(0, 255)), max_size=4),
)
def test_whatever_comes_is_small_or_refused(
    start: bytes, parts: list[bytes], places: list[tuple[int, int]]
) -> None:
    changed = bytearray(PLAIN)
    for place, value in places:
        changed[place] = value
    for content in (start + b"".join(parts), bytes(changed)):
        try:
            width, height = check(content)
            pixels = decoded(content)
        except (BadPicture, BadImage):
            continue
        assert pixels.shape == (height, width, 3)
        assert width <= MAX_WIDTH
        assert height <= MAX_HEIGHT


class Visitor:
    """A camera with a WebRTC connection that may be hung up, and pictures that may come."""

    def __init__(self, clock: Seconds, rooms: Seats) -> None:
        self.clock, self.rooms, self.live = clock, rooms, LiveReading()
        self.live.agreed, self.hung_up = Consent("1"), 0
        self.live.on_picture = partial(take, 1)
        self.seat = rooms.take(self.live, 1, self._hang_up)
        self.live.waiting_since = clock.now

    def _hang_up(self) -> None:
        self.hung_up += 1

    def send(self, content: bytes = PLAIN, after_s: float = 1 / 8) -> int:
        """Send a picture after a while; return how many were taken."""
        self.clock.now += after_s
        self.live.hear(content)
        return self.live.state().frames


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Seconds:
    clock = Seconds()
    for module in (frames, pictures, seats):
        monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch, clock: Seconds) -> Iterator[Visitor]:
    rooms = Seats(Capacity())
    monkeypatch.setattr(pictures, "SEATS", rooms)
    yield Visitor(clock, rooms)
    for seat in list(rooms._taken.values()):
        rooms.leave(seat)


def test_pictures_are_wanted_when_nothing_connects_or_what_did_is_silent(visitor: Visitor) -> None:
    live, clock = visitor.live, visitor.clock
    clock.now += CONNECTED_WITHIN_S
    assert not live.wants_pictures
    clock.now += 0.1
    assert live.wants_pictures
    live.offer(gradient)
    assert not live.wants_pictures, "it has connected late"
    clock.now += SILENT_S
    assert not live.wants_pictures
    clock.now += 0.1
    assert live.wants_pictures
    live.presence.leave(clock.now)
    assert not live.wants_pictures, "a hidden page sends none"
    assert live.read().state == "looking"
    clock.now += AWAY_S
    live.presence.come_back(clock.now)
    assert live.read().state == "connecting", "its stream may go on by itself"
    clock.now += SILENT_S
    assert not live.wants_pictures
    clock.now += 0.1
    assert live.wants_pictures
    live.is_over = True
    assert not live.wants_pictures
    live.is_over, live.waiting_since = False, None
    assert not live.wants_pictures, "it was not started"


def test_the_first_picture_takes_over_the_seat_and_the_reading_goes_on(visitor: Visitor) -> None:
    live = visitor.live
    assert visitor.send() == 0, "WebRTC may still come"
    assert visitor.send(after_s=CONNECTED_WITHIN_S) == 1
    assert (live.way, visitor.hung_up, live.is_over) == ("pictures", 1, False)
    assert visitor.rooms.holds(live)
    assert not visitor.rooms.has_one_for(LiveReading(), 1), "one seat is taken"
    assert visitor.seat is not None
    visitor.rooms.leave(visitor.seat)
    assert visitor.rooms.holds(live), "the former connection closes late"
    assert visitor.send() == 2
    told = live.told()
    assert (told["way"], told["heard"]) == ("pictures", 3)
    visitor.rooms.hang_up(live)
    assert live.is_over
    assert not visitor.rooms.holds(live)
    assert visitor.send() == 2
    live.reset()
    assert live.way == "webrtc"


@pytest.mark.parametrize("full", [False, True])
def test_who_lost_the_seat_takes_a_free_one_or_is_told(visitor: Visitor, full: bool) -> None:
    assert visitor.seat is not None
    visitor.rooms.leave(visitor.seat)
    if full:
        assert visitor.rooms.take(LiveReading(), 1, lambda: None)
    assert visitor.send(after_s=CONNECTED_WITHIN_S + 1) == (not full)
    assert visitor.live.is_over is full
    assert visitor.rooms.holds(visitor.live) is not full


def test_so_many_are_taken_in_a_second_and_none_without_consent(visitor: Visitor) -> None:
    before = visitor.send(after_s=CONNECTED_WITHIN_S + 1)
    visitor.clock.now += 1
    for _ in range(2 * MAX_PER_S):
        taken = visitor.send(after_s=0.4 / MAX_PER_S)
    assert taken == before + MAX_PER_S
    with pytest.raises(BadPicture):
        visitor.send(b"GIF89a", after_s=1)
    assert visitor.live.agreed is not None
    visitor.live.agreed.withdraw()
    assert visitor.send(after_s=1) == taken
