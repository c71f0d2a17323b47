"""Pictures decoded in processes of their own: late, killed, too large, too many at once."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from detectors.errors import BadImage, CannotDecode
from detectors.pictures import process as pictures_process
from detectors.pictures import worker
from detectors.pictures.decoding import Picture, decode_picture
from detectors.pictures.process import (
    AT_ONCE,
    IDLE_S,
    MAX_WAITING,
    PATIENCE_S,
    WAIT_S,
    PictureDecoder,
)
from detectors.pictures.worker import ANSWER, MAX_MEMORY, MAX_S, QUESTION, serve
from detectors.types import Message
from pages.ui.listen import photo
from tests.busy import LATE_S
from tests.fakes.heif import in_tiles
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[4]
HANGS = ("-c", "import time; time.sleep(600)")
# What a start takes where others want the cores.
START_S = 30.0


def encoded(kind: str = "PNG", size: tuple[int, int] = (120, 90)) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(file, kind)
    return file.getvalue()


PICTURE = encoded()


def says(answer: bytes) -> tuple[str, str]:
    """A process that was taken over, and answers with anything."""
    asked = QUESTION.size + len(PICTURE)
    answers = f"sys.stdout.buffer.write({answer!r}); sys.stdout.flush()"
    return "-c", f"import sys; sys.stdin.buffer.read({asked}); {answers}"


@pytest.fixture
def make() -> Iterator[Callable[..., PictureDecoder]]:
    made: list[PictureDecoder] = []

    def build(**options: object) -> PictureDecoder:
        made.append(PictureDecoder(**options))
        return made[-1]

    yield build
    for decoder in made:
        decoder.end()


def test_the_page_offers_the_kinds_that_are_read() -> None:
    heic = in_tiles(Image.new("RGB", (64, 64))).content()
    read = {
        "jpg jpeg jfif": encoded("JPEG"),
        "png": encoded("PNG"),
        "webp": encoded("WEBP"),
        "avif": encoded("AVIF"),
        "heic heif hif": heic,
    }
    assert sorted(photo.KINDS) == sorted(" ".join(read).split())
    for content in read.values():
        assert decode_picture(content).scale == 1


def the_process(decoder: PictureDecoder) -> int:
    (process,) = decoder._resting
    return int(process._process.pid)


def test_the_limits() -> None:
    assert (AT_ONCE, MAX_WAITING, WAIT_S, PATIENCE_S, IDLE_S) == (2, 16, 15.0, 10.0, 60.0)
    assert MAX_MEMORY == 512 * 1024 * 1024
    assert MAX_S > PATIENCE_S


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_a_picture_comes_back_as_it_is_decoded_here(
    kind: str, make: Callable[..., PictureDecoder]
) -> None:
    content = encoded(kind, (2400, 1200))
    decoder = make()
    for side in (1920, 300):
        picture, expected = decoder.decode(content, side), decode_picture(content, side)
        assert picture == expected
        assert picture.width == side
        assert picture.pixels.shape == (side // 2, side, 3)
        assert picture.pixels.dtype == np.uint8


def test_a_process_is_kept_and_ends_when_nobody_needs_it(
    make: Callable[..., PictureDecoder],
) -> None:
    decoder = make(idle_s=0.2)
    decoder.decode(PICTURE)
    process = decoder._resting[0]._process
    assert process.wait(START_S)
    assert decoder._resting == []
    assert decoder.decode(PICTURE).width == 120


def test_refusals_are_said_and_the_process_goes_on(make: Callable[..., PictureDecoder]) -> None:
    decoder = make()
    for _ in range(2):
        with pytest.raises(BadImage, match="picture-unread-kind"):
            decoder.decode(b"no picture")
    number = the_process(decoder)
    with pytest.raises(BadImage, match="picture-too-large most=25"):
        decoder.decode(bytes(25 * 1024 * 1024 + 1))
    assert decoder.decode(PICTURE).scale == 1
    assert the_process(decoder) == number


def test_a_late_process_is_ended_and_the_next_picture_is_read(
    make: Callable[..., PictureDecoder],
) -> None:
    decoder = make(command=HANGS, patience_s=0.2)
    start = time.monotonic()
    with pytest.raises(BadImage, match="picture-too-late"):
        decoder.decode(PICTURE)
    assert time.monotonic() - start < 0.2 + LATE_S
    decoder._command, decoder._patience_s = pictures_process.COMMAND, START_S
    assert decoder.decode(PICTURE).width == 120


def test_a_process_that_answers_when_it_is_given_up_is_not_asked_again(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Now(threading.Timer):
        """Gives up when the answer has come."""

        def cancel(self) -> None:
            self.function()
            super().cancel()

    decoder = make()
    with monkeypatch.context() as patch:
        patch.setattr(pictures_process.threading, "Timer", Now)
        with pytest.raises(BadImage, match="picture-too-late"):
            decoder.decode(PICTURE)
    assert decoder._resting == []
    assert decoder.decode(PICTURE).width == 120


def test_a_photo_that_takes_too_long_is_one_sentence_on_the_page(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    decoder = make(command=HANGS, patience_s=0.2)
    monkeypatch.setattr(photo.resources, "picture_decoder", lambda: decoder)
    read = photo._read(PICTURE)
    assert (read.scores, read.error) == (None, said("picture-too-late"))


@pytest.mark.skipif(sys.platform == "win32", reason="a signal of POSIX")
def test_a_process_that_is_killed_is_replaced(make: Callable[..., PictureDecoder]) -> None:
    decoder = make()
    decoder.decode(PICTURE)
    process = decoder._resting[0]._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert decoder.decode(PICTURE).width == 120


NAN = float("nan")


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"\0", ANSWER.pack(120, 90, 0, 1.0), ANSWER.pack(120, 90, 0, 1.0) + b"x",
        ANSWER.pack(0, 90, 0, 1.0), ANSWER.pack(2**31, 2**31, 0, 1.0), ANSWER.pack(1, 1, 0, NAN),
        ANSWER.pack(1, 1, 0, 2.0) + b"abc", ANSWER.pack(0, 0, 2**31, 0.0),
        ANSWER.pack(0, 0, 2, 0.0) + b"\xff\xff",
    ],
)  # fmt: skip
def test_a_process_that_breaks_off_or_says_nonsense_is_one_sentence(
    answer: bytes, make: Callable[..., PictureDecoder]
) -> None:
    decoder = make(command=says(answer))
    with pytest.raises(BadImage, match="picture-unreadable"):
        decoder.decode(PICTURE)
    assert decoder._resting == []


def test_where_no_process_starts_it_is_said(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CannotDecode, match="pictures-no-process"):
        make().decode(PICTURE)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux holds a process to its memory")
def test_a_picture_that_takes_too_much_memory_is_refused(
    make: Callable[..., PictureDecoder],
) -> None:
    little = 40 * 1024 * 1024
    decoder = make(
        command=(
            "-c",
            f"from detectors.pictures import worker as w; w.MAX_MEMORY = {little}; w.main()",
        )
    )
    with pytest.raises(BadImage, match="picture-too-much-memory"):
        decoder.decode(encoded(size=(4000, 4000)))
    assert decoder.decode(PICTURE).width == 120


@pytest.mark.skipif(sys.platform != "linux", reason="limits are read from Linux' /proc")
def test_a_process_has_its_limits_and_no_secrets(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOODRING_SPOTIFY_CLIENT_SECRET", "canary")
    decoder = make()
    decoder.decode(PICTURE)
    status = Path(f"/proc/{the_process(decoder)}")
    lines = (status / "limits").read_text().splitlines()
    limits = {line[:26].strip(): line.split() for line in lines}
    assert str(MAX_MEMORY) in limits["Max address space"]
    assert limits["Max core file size"][4:6] == ["0", "0"]
    # A process that may not be dumped belongs to root there, so only root may read on.
    if os.geteuid() == 0:
        assert b"canary" not in (status / "environ").read_bytes()


class Gate:
    """Stands for a process: says when it was asked, and answers when it is let."""

    lives = True

    def __init__(self) -> None:
        self.asked, self.open = threading.Semaphore(0), threading.Event()

    def ask(self, *_: object) -> Picture:
        self.asked.release()
        assert self.open.wait(START_S)
        return Picture(bytes(3), 1, 1, 1.0)

    def end(self) -> None:
        pass


def test_two_are_decoded_at_once_and_who_waits_is_bounded(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(pictures_process, "_Process", lambda _: gate)
    decoder = make(wait_s=START_S)
    outcomes: list[Picture] = []
    threads = [
        threading.Thread(target=lambda: outcomes.append(decoder.decode(PICTURE)), daemon=True)
        for _ in range(AT_ONCE + MAX_WAITING)
    ]
    for thread in threads:
        thread.start()
    for _ in range(AT_ONCE):
        assert gate.asked.acquire(timeout=START_S)
    while decoder._places._value:
        time.sleep(0.001)
    # One more has no place, and nobody beyond the two was begun.
    with pytest.raises(CannotDecode, match="pictures-too-many"):
        decoder.decode(PICTURE)
    assert not gate.asked.acquire(blocking=False)
    gate.open.set()
    for thread in threads:
        thread.join(START_S)
    assert len(outcomes) == AT_ONCE + MAX_WAITING
    assert decoder._places._value == AT_ONCE + MAX_WAITING


def test_who_waits_too_long_is_told(
    make: Callable[..., PictureDecoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    monkeypatch.setattr(pictures_process, "_Process", lambda _: gate)
    decoder = make(wait_s=0.01)
    threads = [threading.Thread(target=decoder.decode, args=[PICTURE]) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
        assert gate.asked.acquire(timeout=START_S)
    with pytest.raises(CannotDecode, match="pictures-too-many"):
        decoder.decode(PICTURE)
    gate.open.set()
    for thread in threads:
        thread.join(START_S)


def test_the_worker_answers_until_nothing_more_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = b"".join(
        QUESTION.pack(100, len(content)) + content for content in (PICTURE, b"no picture")
    )
    answers = io.BytesIO()
    with pytest.raises(EOFError):
        serve(io.BytesIO(asked + b"\0"), answers)
    answers.seek(0)
    width, height, words, scale = ANSWER.unpack(answers.read(ANSWER.size))
    assert (width, height, words, scale) == (100, 75, 0, 100 / 120)
    assert answers.read(3 * 100 * 75) == decode_picture(PICTURE, 100).content
    _, _, words, _ = ANSWER.unpack(answers.read(ANSWER.size))
    assert Message.unpacked(answers.read().decode()) == Message("picture-unread-kind")

    def no_memory(*_: object) -> Picture:
        raise MemoryError

    monkeypatch.setattr(worker, "decode_picture", no_memory)
    answers = io.BytesIO()
    with pytest.raises(EOFError):
        serve(io.BytesIO(asked), answers)
    assert b"picture-too-much-memory" in answers.getvalue()


PARENT = """
import sys, time
from detectors.pictures.process import PictureDecoder
decoder = PictureDecoder()
decoder.decode(bytes.fromhex(sys.argv[1]))
print(decoder._resting[0]._process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are looked up in /proc")
def test_a_process_ends_with_a_parent_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, PICTURE.hex()], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        child = Path("/proc") / parent.stdout.readline().strip()
        assert child.exists()
        parent.kill()
    deadline = time.monotonic() + START_S
    # Where nobody reaps it, it stays as a zombie.
    while child.exists() and " Z " not in (child / "stat").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)
