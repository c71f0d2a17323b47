"""Limits of music files: their size, rate and channels, and how loud they must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from detectors.errors import BadAudio
from detectors.hearing.audio import (
    MAX_CHANNELS,
    MAX_DECODED_SECONDS,
    MAX_RATE,
    MIN_RATE,
    RATE,
    SILENCE,
    read_audio,
)
from detectors.hearing.audio_container import AnonymousFile
from detectors.hearing.audio_limits import DROPPED, OWN, AudioLimits
from tests.fakes.damage import READ
from tests.fakes.memory import growth_mb, needs_proc
from tests.fakes.sounds import encode, pad
from tests.fakes.tones import large_wav, strongest, tone, wav

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("limits", "mb"), [(DROPPED, 25), pytest.param(OWN, 1024, marks=pytest.mark.slow)]
)
def test_so_many_bytes_are_taken_and_one_more_is_not(
    limits: AudioLimits, mb: int, tmp_path: Path
) -> None:
    path = large_wav(tmp_path / "a.wav", limits.max_bytes)
    heard = read_audio(path, limits)
    assert len(heard.samples) == MAX_DECODED_SECONDS * RATE
    assert strongest(heard.samples[40 * RATE : 50 * RATE]) == pytest.approx(440, abs=1)
    with path.open("ab") as file:
        file.write(b"\0")
    with pytest.raises(BadAudio, match=f"audio-too-large most={mb}"):
        read_audio(path, limits)


def test_of_bytes_no_more_are_taken_either() -> None:
    content = encode(pad(2), ".wav")
    padded = content + bytes(DROPPED.max_bytes - len(content))
    assert read_audio(padded).seconds >= 2
    with pytest.raises(BadAudio, match="audio-too-large most=25"):
        read_audio(padded + b"\0")


def test_a_file_that_grows_meanwhile_is_read_no_further(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))
    with path.open("rb") as file:
        seen = AnonymousFile(file, 60)
        assert not hasattr(seen, "name")
        assert [len(seen.read(40)) for _ in range(3)] == [40, 20, 0]
        seen.seek(80)
        assert seen.read(40) == b""
        seen.seek(0)
        assert len(seen.read(1000)) == 60


@needs_proc
@pytest.mark.parametrize("mb", [40, pytest.param(1024, marks=pytest.mark.slow)])
def test_a_large_file_of_the_owner_is_not_read_into_memory(mb: int, tmp_path: Path) -> None:
    path = large_wav(tmp_path / "a.wav", mb * 1024**2)
    growth, said = growth_mb(path, "OWN")
    assert int(said) == MAX_DECODED_SECONDS * RATE
    # 90 s of sound twice over, and once more in the end.
    assert growth <= 30
    growth, said = growth_mb(path)
    assert said == "audio-too-large most=25\n"
    assert growth <= 5


@pytest.mark.parametrize("rate", [MIN_RATE - 1, 1, 0, MAX_RATE + 1, 655_350, 2**31 - 1])
def test_a_rate_that_no_music_has_is_refused(rate: int) -> None:
    with pytest.raises(BadAudio):
        read_audio(wav(bytes(200_000), rate=rate))


@pytest.mark.parametrize("rate", [MIN_RATE, MAX_RATE])
def test_the_lowest_and_highest_rate_are_read(rate: int) -> None:
    samples = (tone(440, 2, rate) * 32767).astype("<i2").tobytes()
    assert strongest(read_audio(wav(samples, rate=rate)).samples) == pytest.approx(440, abs=1)


@pytest.mark.parametrize("channels", [MAX_CHANNELS + 1, 255, 32_767])
def test_more_channels_than_music_has_are_refused(channels: int) -> None:
    with pytest.raises(BadAudio, match=r"channels|no-sound"):
        read_audio(wav(bytes(400_000), channels=channels))


# --- nothing to hear, and what floating point may hold ---


@pytest.mark.parametrize("kind", READ)
def test_silence_has_no_mood(kind: str) -> None:
    with pytest.raises(BadAudio, match="audio-silent"):
        read_audio(encode(np.zeros((44_100 * 2, 2), np.float32), kind))


def test_what_is_barely_louder_than_a_step_of_a_cd_is_sound() -> None:
    for louder, refused in ((0.9, True), (1.1, False)):
        samples = tone(440, 2, RATE, SILENCE * louder).astype("<f4").tobytes()
        content = wav(samples, bits=32, tag=3)
        if refused:
            with pytest.raises(BadAudio, match="audio-silent"):
                read_audio(content)
        else:
            assert np.abs(read_audio(content).samples).max() > SILENCE


@pytest.mark.parametrize("rate", [RATE, 44_100])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e30, -3.0])
@pytest.mark.parametrize("kind", ["<f4", "<f8"])
def test_odd_numbers_become_sound_between_one_and_minus_one(
    odd: float, rate: int, kind: str
) -> None:
    sound = np.repeat(tone(440, 3, rate)[:, None], 2, axis=1)
    sound[rate : rate + 50, 0] = odd
    samples = sound.astype(kind).tobytes()
    content = wav(samples, rate=rate, channels=2, bits=8 * np.dtype(kind).itemsize, tag=3)
    heard = read_audio(content).samples
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 1
    assert strongest(heard[: RATE // 2]) == pytest.approx(440, abs=2)
    assert strongest(heard[-RATE:]) == pytest.approx(440, abs=2)


def test_nothing_but_nan_is_silence() -> None:
    samples = np.full(2 * RATE, np.nan, "<f4").tobytes()
    with pytest.raises(BadAudio, match="audio-silent"):
        read_audio(wav(samples, bits=32, tag=3))
