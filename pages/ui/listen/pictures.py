"""Pictures that a page sends over its own socket, where WebRTC does not pass or has broken off.

They are JPEGs as a browser's canvas makes them, and nothing else that is called JPEG: one baseline
frame, one scan, no byte behind its end. What is odd is refused by its header, before a decoder sees
it.
"""

import re
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator
from functools import partial
from weakref import WeakKeyDictionary

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.errors import BadImage
from detectors.types import MIN_FRAME_SIDE
from pages.ui.listen.frames import LiveReading
from pages.ui.listen.seats import SEATS, Seat

# A canvas of 480 × 360 pixels makes some 25 KB of a room.
MAX_BYTES = 60_000
MAX_WIDTH, MAX_HEIGHT = 640, 480
# Segments before the scan: a browser writes about ten, and a colour profile takes one or two.
MAX_SEGMENTS = 32
# From one camera; the page sends eight at most, and more are not read.
MAX_PER_S = 10

_START, _END = b"\xff\xd8", b"\xff\xd9"
_BASELINE, _TABLES, _SCAN, _QUANTITIES, _RESTARTS = 0xC0, 0xC4, 0xDA, 0xDB, 0xDD
# A browser's parts, with metadata, which is skipped: application segments and comments.
_KNOWN = frozenset((_BASELINE, _TABLES, _SCAN, _QUANTITIES, _RESTARTS, *range(0xE0, 0xF0), 0xFE))
# Other frames: progressive, lossless, and what belongs to arithmetic coding.
_OTHER_FRAMES = frozenset(range(0xC0, 0xD0)) - {_BASELINE, _TABLES}
# Within a scan, FF 00 is a value and FF D0 to D7 a restart; anything else ends it.
_ENDS_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7]")
_PRECISION = 8
# Grey, or brightness with two colours.
_COLOURS = frozenset((1, 3))
# A component is sampled once or twice each way.
_SAMPLINGS = frozenset((0x11, 0x12, 0x21, 0x22))
# In colours, however it says that it should be turned.
_AS_IT_IS = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION


class BadPicture(ValueError):
    """A picture that no page of ours sends; its text names the reason."""


def check(content: bytes) -> tuple[int, int]:
    """Return the width and height in pixels of a picture that may be decoded.

    Raises
    ------
    BadPicture
        When it is not exactly what a browser's canvas makes, or beyond one of the limits above.
    """
    if len(content) > MAX_BYTES:
        raise BadPicture("too-large")
    if not content.startswith(_START):
        raise BadPicture("no-jpeg")
    try:
        return _check_parts(content)
    except (IndexError, struct.error) as error:  # it ends within a number
        raise BadPicture("damaged") from error


def _check_parts(content: bytes) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    colours = 0
    for code, place, length in _segments(content):
        if code == _BASELINE:
            if size is not None:
                raise BadPicture("several-frames")
            size, colours = _check_frame(content, place, length)
        elif code == _SCAN:
            # All colours in one scan; else the whole picture is in memory before it is final.
            if size is None or content[place + 2] != colours or length != 6 + 2 * colours:
                raise BadPicture("damaged")
            end = _ENDS_DATA.search(content, place + length)
            if end is None:
                raise BadPicture("cut-off")
            if content[end.start() :] != _END:
                raise BadPicture("more-than-one-scan")
            return size
    raise BadPicture("no-scan")


def _segments(content: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield code, offset and length of each segment up to the scan; nothing lies between them."""
    place = len(_START)
    for _ in range(MAX_SEGMENTS):
        mark, code, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF or length < 2:  # noqa: PLR2004 - the length counts itself
            raise BadPicture("damaged")
        if code in _OTHER_FRAMES:
            raise BadPicture("not-baseline")
        if code not in _KNOWN:
            raise BadPicture("strange-part")
        yield code, place + 2, length
        place += 2 + length
    raise BadPicture("too-many-parts")


def _check_frame(content: bytes, place: int, length: int) -> tuple[tuple[int, int], int]:
    """Return a frame's width and height, and how many colours it has."""
    precision, height, width, colours = struct.unpack_from(">BHHB", content, place + 2)
    if precision != _PRECISION or colours not in _COLOURS or length != 8 + 3 * colours:
        raise BadPicture("strange-frame")
    if not set(content[place + 9 : place + length : 3]) <= _SAMPLINGS:
        raise BadPicture("strange-frame")
    if not (MIN_FRAME_SIDE <= width <= MAX_WIDTH and MIN_FRAME_SIDE <= height <= MAX_HEIGHT):
        raise BadPicture("strange-size")
    return (width, height), colours


def decoded(content: bytes) -> NDArray[np.uint8]:
    """Return a checked picture as uint8 RGB [shape=(height, width, 3)].

    Raises
    ------
    BadImage
        When it cannot be decoded.
    """
    try:
        pixels = cv2.imdecode(np.frombuffer(content, np.uint8), _AS_IT_IS)
    except cv2.error as error:
        raise BadImage("picture-damaged") from error
    if pixels is None:
        raise BadImage("picture-damaged")
    return np.asarray(pixels, np.uint8)


def go_on(seats: int, live: LiveReading) -> bool:
    """Let a camera go on by pictures, and close its connection; return whether it has a seat.

    Its seat goes with it. Where it has lost it already, it takes a free one, or is over.

    Parameters
    ----------
    seats : int, how many there are
    """
    seat: Seat | None = None

    def leave() -> None:
        if seat is not None:
            SEATS.leave(seat)

    live.go_on_by("pictures")
    seat = SEATS.pass_on(live, seats, leave)
    live.is_over = live.is_over or seat is None
    return seat is not None


def take(seats: int, live: LiveReading, content: bytes) -> None:
    """Take a picture as a frame of a connection is taken; returns at once.

    One that comes too soon, after the end or without consent is not looked at.

    Parameters
    ----------
    seats : int, how many there are

    Raises
    ------
    BadPicture
        When it is none that our pages send.
    """
    if not live.may_read or not _is_in_time(live):
        return
    check(content)
    if live.way == "pictures" or (live.wants_pictures and go_on(seats, live)):
        live.offer(partial(decoded, content))


# When the last pictures of each camera came.
_came: WeakKeyDictionary[LiveReading, deque[float]] = WeakKeyDictionary()
_came_lock = threading.Lock()


def _is_in_time(live: LiveReading) -> bool:
    """Return whether a camera's picture is among `MAX_PER_S` within a second, and count it."""
    now = time.monotonic()
    with _came_lock:
        came = _came.setdefault(live, deque(maxlen=MAX_PER_S))
        if len(came) == MAX_PER_S and now - came[0] < 1:
            return False
        came.append(now)
        return True
