"""How long music files are, and which part of them is heard."""

from __future__ import annotations

import io
import struct
from typing import BinaryIO, Self

import av
import numpy as np
import pytest

from detectors import audio
from detectors.audio import MAX_DECODED_SECONDS, RATE, read_audio
from detectors.audio_container import opened
from detectors.audio_limits import DROPPED, OWN, AudioLimits
from detectors.errors import BadAudio
from tests.fakes.sounds import encode, pad
from tests.fakes.tones import strongest, tone


@pytest.mark.parametrize("kind", [".flac", ".mp3", ".m4a", ".ogg", ".opus", ".aac", ".aiff"])
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
def test_so_long_by_the_header_is_taken_and_not_a_second_more(
    limits: AudioLimits, minutes: int
) -> None:
    assert limits.max_seconds == 60 * minutes
    content = encode(pad(3, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, limits.max_seconds * RATE), limits)
    assert heard.seconds == limits.max_seconds
    with pytest.raises(BadAudio, match=f"audio-too-long minutes={minutes}"):
        read_audio(with_flac_length(content, (limits.max_seconds + 1) * RATE), limits)


def test_a_header_that_promises_more_than_there_is_loses_nothing() -> None:
    content = encode(pad(3, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, 200 * RATE))
    assert len(heard.samples) == pytest.approx(3 * RATE, abs=10)


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


@pytest.mark.parametrize("samples", [0, RATE // 2])
def test_a_header_without_a_length_or_with_too_short_a_one_is_capped(samples: int) -> None:
    content = encode(tone(300, 100, RATE), ".flac", RATE)
    heard = read_audio(with_flac_length(content, samples))
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert heard.seconds >= MAX_DECODED_SECONDS


@pytest.mark.parametrize("kind", [".wav", ".flac", ".mp3"])
def test_less_than_a_second_is_refused(kind: str) -> None:
    with pytest.raises(BadAudio, match="audio-too-short"):
        read_audio(encode(tone(440, 0.9), kind))
    assert read_audio(encode(tone(440, 1.1), kind)).seconds > 1
