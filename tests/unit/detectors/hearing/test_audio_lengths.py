"""How long music files are, and which part of them is heard."""

from __future__ import annotations

import io
import struct
from types import SimpleNamespace
from typing import BinaryIO, Self

import av
import numpy as np
import pytest

from detectors.errors import BadAudio
from detectors.hearing import audio
from detectors.hearing.audio import MAX_DECODED_SECONDS, RATE, read_audio
from detectors.hearing.audio_container import opened
from detectors.hearing.audio_limits import DROPPED, OWN, AudioLimits
from tests.fakes.sound_bombs import flac
from tests.fakes.sounds import encode, pad, pattern
from tests.fakes.tones import strongest, tone


@pytest.mark.parametrize(
    "kind",
    # The other kinds wait for `make test-slow`.
    [".mp3", ".m4a"]
    + [
        pytest.param(kind, marks=pytest.mark.slow)
        for kind in (".flac", ".ogg", ".opus", ".aac", ".aiff")
    ],
)
def test_of_a_long_piece_the_middle_is_heard(kind: str) -> None:
    edge, middle = tone(440, 60, 22_050), tone(880, 90, 22_050)
    whole = read_audio(encode(np.concatenate([edge, middle, edge]), kind, 22_050))
    assert len(whole.samples) == MAX_DECODED_SECONDS * RATE
    assert whole.seconds == pytest.approx(210, rel=0.1)
    slack = 8 if kind == ".aac" else 2  # its length can only be guessed
    inner = whole.samples[slack * RATE : -slack * RATE]
    for part in np.array_split(inner, 8):
        assert strongest(part) == pytest.approx(880, abs=3)


def test_ninety_seconds_are_heard_whole() -> None:
    heard = read_audio(encode(tone(440, MAX_DECODED_SECONDS, 16_000), ".wav", 16_000))
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert heard.seconds == MAX_DECODED_SECONDS


def with_flac_length(content: bytes, samples: int) -> bytes:
    """Claim another number of samples in STREAMINFO (36 bits from byte 21 on)."""
    changed = bytearray(content)
    changed[21] = changed[21] & 0xF0 | samples >> 32
    changed[22:26] = struct.pack(">I", samples & 0xFFFFFFFF)
    return bytes(changed)


@pytest.mark.parametrize(("limits", "minutes"), [(DROPPED, 15), (OWN, 180)])
@pytest.mark.parametrize("claimed", [None, 0])
def test_so_long_a_piece_is_taken_and_no_longer_one(
    limits: AudioLimits, minutes: int, claimed: int | None
) -> None:
    assert limits.max_seconds == 60 * minutes
    blocks = limits.max_seconds * 44_100 // 65_535
    heard = read_audio(flac([8000, -8000] * (blocks // 2), claimed=claimed), limits)
    assert heard.seconds == pytest.approx(limits.max_seconds, abs=5)
    with pytest.raises(BadAudio, match=f"audio-too-long minutes={minutes}"):
        read_audio(flac([8000, -8000] * (blocks // 2 + 1), claimed=claimed), limits)


@pytest.mark.parametrize("claimed", [0, RATE, 200 * RATE, 2**36 - 1])
def test_a_header_that_lies_about_the_length_is_not_believed(claimed: int) -> None:
    content = encode(pad(100, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, claimed))
    assert heard.seconds == pytest.approx(100, abs=0.01)
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("seconds", [3, 100])
def test_a_wav_that_came_through_a_pipe_is_as_long_as_its_bytes(size: int, seconds: int) -> None:
    content = bytearray(encode(pad(seconds, RATE), ".wav", RATE))
    place = content.index(b"data") + 4
    content[place : place + 4] = struct.pack("<I", size)
    content[4:8] = struct.pack("<I", size)
    assert read_audio(bytes(content)).seconds == pytest.approx(seconds, abs=0.01)


def test_an_mp3_whose_frames_differ_is_as_long_as_all_of_them() -> None:
    """Without a header, libav guesses from the first frames, which are ten times as large here."""
    parts = [without_xing(encode(pattern(30), ".mp3", bit_rate=rate)) for rate in (320_000, 32_000)]
    joined = parts[0] + parts[1] * 3
    with opened(io.BytesIO(joined), len(joined)) as container:
        assert (container.duration or 0) / 1e6 < 80
    assert read_audio(joined).seconds == pytest.approx(120, abs=0.5)


def without_xing(mp3: bytes) -> bytes:
    """Take the first frame away, which holds no sound but the length."""
    start = mp3.index(b"\xff\xfb")
    return mp3[mp3.index(b"\xff\xfb", start + 100) :]


@pytest.mark.parametrize(
    "kind",
    [".flac", ".wav"]
    + [pytest.param(kind, marks=pytest.mark.slow) for kind in (".mp3", ".aiff", ".wma", ".webm")],
)
def test_a_file_that_is_cut_off_is_as_long_as_what_is_left(kind: str) -> None:
    content = encode(pattern(100), kind)
    heard = read_audio(content[: len(content) // 2])
    assert heard.seconds == pytest.approx(50, abs=3)


def test_damaged_time_stamps_count_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stamps = [(0, 100), (100, 2**32 - 1), (2**40, 100), (300, 100), (None, 100), (500, 2**33)]
    packets = [SimpleNamespace(pts=pts, duration=duration) for pts, duration in stamps]
    monkeypatch.setattr(audio, "_packets", lambda *_: iter(packets))
    counted = audio._counted(None, SimpleNamespace(time_base=0.01), 60)  # type: ignore[arg-type]
    assert counted == pytest.approx(4, abs=1)
    monkeypatch.setattr(audio, "PACKETS_PER_S", 1)
    assert audio._counted(None, SimpleNamespace(time_base=0.01), 2) == 1  # type: ignore[arg-type]


def test_a_length_that_is_guessed_far_too_long_loses_nothing() -> None:
    """The length of a bare AAC is guessed from its first packets; these are tiny."""
    noise = np.random.default_rng(3).normal(0, 0.2, (12 * 44_100, 2)).astype(np.float32)
    content = encode(np.concatenate([np.zeros((12 * 44_100, 2), np.float32), noise]), ".aac")
    with opened(io.BytesIO(content), len(content)) as container:
        assert (container.duration or 0) / 1e6 > 2 * 24 + MAX_DECODED_SECONDS
    heard = read_audio(content)
    assert len(heard.samples) == pytest.approx(24 * RATE, rel=0.02)


class Stuck:
    """A container that cannot seek."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.real = opened(file, size)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.real.close()

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)

    def seek(self, _: int) -> None:
        raise av.PermissionError(1, "Operation not permitted")


def test_where_the_middle_cannot_be_found_the_beginning_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sound = np.concatenate([tone(440, 90, RATE), tone(880, 60, RATE)])
    monkeypatch.setattr(audio, "opened", Stuck)
    heard = read_audio(encode(sound, ".flac", RATE))
    assert heard.seconds == 150
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert strongest(heard.samples[-10 * RATE :]) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("kind", [".wav", ".flac", ".mp3"])
def test_less_than_a_second_is_refused(kind: str) -> None:
    with pytest.raises(BadAudio, match="audio-too-short"):
        read_audio(encode(tone(440, 0.9), kind))
    assert read_audio(encode(tone(440, 1.1), kind)).seconds > 1
