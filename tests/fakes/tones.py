"""Tones, what there is to measure of a sound, and WAV files that claim anything."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detectors.hearing.audio import RATE

if TYPE_CHECKING:
    from pathlib import Path

Sound = NDArray[np.float32]


def tone(pitch: float, seconds: float, rate: int = 44_100, loudness: float = 0.5) -> Sound:
    """Return a pure tone [shape=(n,)]; pitch in Hz."""
    time = np.arange(int(seconds * rate)) / rate
    return (loudness * np.sin(2 * np.pi * pitch * time)).astype(np.float32)


def strongest(samples: Sound) -> float:
    """Return the frequency in Hz with the most energy, of a sound as it is read."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


def loudness(samples: Sound) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def wav(
    samples: bytes, *, rate: int = 16_000, channels: int = 1, bits: int = 16, tag: int = 1
) -> bytes:
    """Return a WAV put together by hand, whatever it claims."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(samples))
    return b"RIFF" + struct.pack("<I", len(body) + len(samples)) + body + samples


def large_wav(path: Path, size: int) -> Path:
    """Write a WAV of so many bytes at CD quality, with sound in its middle and holes elsewhere."""
    sound = (np.repeat(tone(440, 95), 2) * 32767).astype("<i2").tobytes()
    data = size - len(wav(b""))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        head = wav(b"", rate=44_100, channels=2)
        file.write(head[:4] + struct.pack("<I", size - 8) + head[8:-4] + struct.pack("<I", data))
        file.seek(max(size - len(sound), 0) // 8 * 4)
        file.write(sound[: size - file.tell()])
        file.truncate(size)
    return path
