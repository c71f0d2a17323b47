"""Decode music files, within limits and without trusting their names or headers.

How the container is opened: see `detectors.audio_container`.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

import av
import numpy as np

from detectors.audio_container import CODECS, OPTIONS, opened
from detectors.audio_limits import DROPPED
from detectors.errors import BadAudio
from detectors.spectrogram import RATE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.container import InputContainer
    from numpy.typing import NDArray

    from detectors.audio_limits import AudioLimits

# Longest excerpt of a piece that is decoded.
MAX_DECODED_SECONDS = 90
MIN_SECONDS = 1
MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 8
# A sound that is never louder than one step of a CD (−90 dB) is silence: an encoder's dither.
SILENCE = 2**-15
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound of a music file.

    Attributes
    ----------
    samples : float32 mono at `RATE`, −1..1 [shape=(n,)], at most `MAX_DECODED_SECONDS`
    seconds : float, length of the whole piece by its header, or of the samples where that is longer
    """

    samples: NDArray[np.float32]
    seconds: float


def read_audio(source: Path | bytes, limits: AudioLimits = DROPPED) -> Audio:
    """Decode an MP3, M4A (AAC or ALAC), AAC, FLAC, Ogg Vorbis, Opus, WAV or AIFF file.

    A piece longer than `MAX_DECODED_SECONDS` is cut to its middle, or to its beginning where the
    file gives no length or seeking fails. Channels are averaged; where they cancel each other
    out, the first is taken. No file is read into memory as a whole.

    Raises
    ------
    BadAudio
        When the file is missing, of another kind, damaged, beyond a limit, shorter than
        `MIN_SECONDS`, or silent: silence has no mood.
    """
    with _file(source) as file:
        if file.seek(0, os.SEEK_END) > limits.max_bytes:
            raise BadAudio("audio-too-large", most=limits.max_bytes // 1024**2)
        try:
            samples, seconds = _read(file, limits, middle=True)
            if len(samples) < MIN_SECONDS * RATE:  # a header that lies about the length
                samples, seconds = _read(file, limits, middle=False)
        except BadAudio:
            raise
        except Exception as error:  # decoders of damaged files raise nearly anything
            raise BadAudio("audio-damaged") from error
    if len(samples) < MIN_SECONDS * RATE:
        raise BadAudio("audio-too-short")
    if np.abs(samples).max() <= SILENCE:
        raise BadAudio("audio-silent")
    return Audio(samples, max(seconds, len(samples) / RATE))


def _file(source: Path | bytes) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    try:
        if source.exists() and not source.is_file():  # opening a pipe would block
            raise BadAudio("audio-no-file")
        return source.open("rb")
    except (OSError, ValueError) as error:  # ValueError: an impossible name
        raise BadAudio("audio-missing") from error


def _read(
    file: BinaryIO, limits: AudioLimits, *, middle: bool
) -> tuple[NDArray[np.float32], float]:
    """Return the unchecked samples, and the length by the header in seconds, 0 when unknown."""
    with opened(file, limits.max_bytes) as container:
        stream = container.streams.best("audio")
        if not isinstance(stream, av.AudioStream):
            raise BadAudio("audio-no-sound")
        codec = stream.codec_context
        if codec is None or codec.name not in CODECS:
            raise BadAudio("audio-unread-codec")
        _check_sound(codec.sample_rate, codec.channels)
        codec.options = {"max_samples": OPTIONS["max_samples"]}
        codec.thread_count = 1  # separate tagging processes are faster than threads
        seconds = max(container.duration or 0, 0) / _MICROSECONDS
        if seconds > limits.max_seconds:
            raise BadAudio("audio-too-long", minutes=limits.max_seconds // 60)
        if middle and seconds > MAX_DECODED_SECONDS:
            skipped = int((seconds - MAX_DECODED_SECONDS) / 2 * _MICROSECONDS)
            with contextlib.suppress(av.FFmpegError):
                container.seek((container.start_time or 0) + skipped)
        return _mono(_frames(container, stream)), seconds


def _check_sound(rate: int, channels: int) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise BadAudio("audio-odd-rate", rate=rate, least=MIN_RATE, most=MAX_RATE)
    if not 1 <= channels <= MAX_CHANNELS:
        raise BadAudio("audio-odd-channels", channels=channels, most=MAX_CHANNELS)


def _frames(container: InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """Yield the frames that can be decoded; raise BadAudio when most packets are damaged."""
    good = bad = 0
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # truncated: what came before is kept
            packet = None
        if packet is None:
            break
        try:
            frames = stream.decode(packet)
        except av.FFmpegError:
            bad += 1
            continue
        good += bool(frames)
        yield from frames
    if bad > good:
        raise BadAudio("audio-damaged")


def _mono(frames: Iterable[av.AudioFrame]) -> NDArray[np.float32]:
    """Resample frames and average their channels, up to `MAX_DECODED_SECONDS`."""
    # The average, and the first channel for channels that cancel each other out.
    sound = np.zeros((2, MAX_DECODED_SECONDS * RATE), np.float32)
    filled = 0
    for part in _resampled(frames):
        # Floating-point files hold any value; lossy ones overshoot a little.
        channels = np.nan_to_num(np.clip(part[:, : sound.shape[1] - filled], -1, 1))
        end = filled + channels.shape[1]
        sound[0, filled:end] = channels.mean(axis=0)
        sound[1, filled:end] = channels[0]
        filled = end
        if filled == sound.shape[1]:
            break
    average, first = sound[:, :filled]
    heard = average if np.abs(average).max(initial=0) > SILENCE else first
    return np.array(heard)


def _resampled(frames: Iterable[av.AudioFrame]) -> Iterator[NDArray[np.float32]]:
    """Yield blocks of samples [shape=(channels, n)] at `RATE`; the format may change midway."""
    resampler = None
    known = None
    for frame in frames:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or kind != known:
            if resampler is not None:
                yield from _arrays(resampler.resample(None))
            _check_sound(frame.sample_rate, frame.layout.nb_channels)
            # Packed, not planar: PyAV reads past the end of eight planes.
            resampler = av.AudioResampler(format="flt", rate=RATE, frame_size=RATE)
            known = kind
        frame.pts = None  # damaged time stamps are of no use here
        yield from _arrays(resampler.resample(frame))
    if resampler is not None:
        yield from _arrays(resampler.resample(None))


def _arrays(parts: Iterable[av.AudioFrame]) -> Iterator[NDArray[np.float32]]:
    for part in parts:
        packed = np.asarray(part.to_ndarray(), np.float32)
        yield packed.reshape(-1, part.layout.nb_channels).T
