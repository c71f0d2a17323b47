"""Sound made in tests: a slow minor pad, a fast major pattern, and files of every kind.

They try the plumbing. What a model says of them proves nothing about music.
"""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, cast

import av
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

RATE = 44_100
# What is written under each ending (.alac is an M4A, too): container, encoder, its only rate.
KINDS = {
    ".wav": ("wav", "pcm_s16le", None),
    ".flac": ("flac", "flac", None),
    ".mp3": ("mp3", "libmp3lame", None),
    ".m4a": ("ipod", "aac", None),
    ".alac": ("ipod", "alac", None),
    ".aac": ("adts", "aac", None),
    ".ogg": ("ogg", "vorbis", None),
    ".opus": ("opus", "libopus", 48_000),
    ".aiff": ("aiff", "pcm_s16be", None),
    ".wma": ("asf", "wmav2", None),
    ".wv": ("wv", "wavpack", None),
    ".webm": ("webm", "libopus", 48_000),
    ".mka": ("matroska", "flac", None),
    ".mp2": ("mp2", "mp2", None),
    ".mp4": ("mp4", "aac", None),
    # The only one that is not read.
    ".tta": ("tta", "tta", None),
}
CHUNK = 16_384


def pad(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    """Return a slow, soft pad in A minor, mono: i, iv, i, v, four seconds each."""
    time = np.arange(int(seconds * rate)) / rate
    chords = np.array([(57, 60, 64), (50, 53, 57), (57, 60, 64), (52, 55, 59)])
    chord = chords[(time // 4).astype(int) % len(chords)]
    swell = 0.5 - 0.5 * np.cos(2 * np.pi * np.minimum(time % 4, 4 - time % 4) / 4)
    sound = np.zeros(len(time))
    for voice in range(3):
        pitch = 440 * 2 ** ((chord[:, voice] - 69) / 12)
        phase = 2 * np.pi * np.cumsum(pitch) / rate
        for partial, weight in enumerate((1.0, 0.3, 0.1), start=1):
            sound += weight * np.sin(partial * phase)
    return (0.12 * (0.2 + 0.8 * swell) * sound).astype(np.float32)


def pattern(seconds: float, rate: int = RATE) -> NDArray[np.float32]:
    """Return a fast, bright pattern in C major, mono: ten plucked notes a second over a beat."""
    time = np.arange(int(seconds * rate)) / rate
    notes = np.array([72, 76, 79, 84, 79, 76, 77, 81, 84, 89, 84, 81])
    note = notes[(time * 10).astype(int) % len(notes)]
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((note - 69) / 12)) / rate
    pluck = np.exp(-18 * (time % 0.1))
    sound = sum(np.sin(partial * phase) / partial for partial in range(1, 7))
    noise = np.random.default_rng(7).normal(0, 1, len(time)) * np.exp(-30 * (time % 0.4))
    return (0.25 * pluck * sound + 0.15 * noise).clip(-1, 1).astype(np.float32)


def write(
    path: Path,
    samples: NDArray[np.float32],
    rate: int = RATE,
    *,
    codec: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> Path:
    """Encode mono [shape=(n,)] or [shape=(n, channels)] to the kind that the path's ending names.

    ``tags`` are the container's own (title, artist, album, date, genre).
    """
    path.write_bytes(encode(samples, path.suffix, rate, codec=codec, tags=tags))
    return path


def encode(
    samples: NDArray[np.float32],
    ending: str,
    rate: int = RATE,
    *,
    codec: str | None = None,
    tags: Mapping[str, str] | None = None,
    bit_rate: int = 128_000,
) -> bytes:
    """Return what `write` writes."""
    container, usual, encoder_rate = KINDS[ending]
    content = io.BytesIO()
    channels = np.asarray(samples, np.float32).reshape(len(samples), -1)
    if usual == "vorbis" and channels.shape[1] == 1:  # libav's own encoder writes only stereo
        channels = np.repeat(channels, 2, axis=1)
    layout = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}[channels.shape[1]]
    # Without random numbers of tracks.
    exact = {"fflags": "+bitexact"} if container in {"webm", "matroska"} else {}
    with av.open(content, "w", format=container, container_options=exact) as file:
        file.metadata.update(tags or {})
        stream = cast("av.AudioStream", file.add_stream(codec or usual, rate=encoder_rate or rate))
        stream.layout = layout
        stream.bit_rate = bit_rate
        if stream.codec.experimental:  # libav's own Vorbis encoder
            stream.codec_context.options = {"strict": "experimental"}
        for start in range(0, len(channels), CHUNK):
            # Not in planes: PyAV reads past the end of eight of them.
            part = channels[start : start + CHUNK].reshape(1, -1)
            frame = av.AudioFrame.from_ndarray(part, format="flt", layout=layout)
            frame.sample_rate = rate
            frame.pts, frame.time_base = start, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return content.getvalue()
