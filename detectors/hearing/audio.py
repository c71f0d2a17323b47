"""Decode music files, within limits and without trusting their names or headers.

How the container is opened: see `detectors.hearing.audio_container`.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from detectors.errors import BadAudio
from detectors.hearing.audio_container import CODECS, OPTIONS, opened
from detectors.hearing.audio_limits import DROPPED, AudioLimits
from detectors.hearing.spectrogram import RATE

# Longest excerpt of a piece that is decoded.
MAX_DECODED_SECONDS = 90
MIN_SECONDS = 1
MIN_RATE, MAX_RATE = 8_000, 192_000
MAX_CHANNELS = 8
# A sound that is never louder than one step of a CD (−90 dB) is silence: an encoder's dither.
SILENCE = 2**-15
# Headers are believed where the packets agree with them so far; those count the padding, too.
SLACK_S = 0.1
# Packets that are counted for each allowed second; the shortest of Opus have 2.5 ms.
PACKETS_PER_S = 400
# A longer packet has damaged time stamps: 65,535 samples at `MIN_RATE` are 8 s.
PACKET_S = 10
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound of a music file.

    Attributes
    ----------
    samples : float32 mono at `RATE`, −1..1 [shape=(n,)], at most `MAX_DECODED_SECONDS`
    seconds : float, length of the whole piece, by its packets where the header says another
    """

    samples: NDArray[np.float32]
    seconds: float


def read_audio(source: Path | bytes, limits: AudioLimits = DROPPED) -> Audio:
    """Decode a music file of one of the `detectors.hearing.audio_container.CONTAINERS`.

    A piece longer than `MAX_DECODED_SECONDS` is cut to its middle, or to its beginning where
    seeking fails. Channels are averaged; where they cancel each other out, the first is taken. No
    file is read into memory as a whole.

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
            seconds = _length(file, limits)
            samples = _read(file, limits, max(seconds - MAX_DECODED_SECONDS, 0) / 2)
            if len(samples) < MIN_SECONDS * RATE:  # its middle is not where it should be
                samples = _read(file, limits, 0)
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


def _length(file: BinaryIO, limits: AudioLimits) -> float:
    """Return the length in seconds: the header's, unless the packets say another.

    Headers lie: of a recording that came through a pipe, was cut off, or has another bit rate than
    its first frame.
    """
    with _sound(file, limits) as (container, stream):
        claimed = max(container.duration or 0, 0) / _MICROSECONDS
        counted = _counted(container, stream, limits.max_seconds)
    seconds = claimed if not counted or abs(claimed - counted) <= SLACK_S else counted
    if seconds > limits.max_seconds:
        raise BadAudio("audio-too-long", minutes=limits.max_seconds // 60)
    return seconds


def _counted(container: InputContainer, stream: av.AudioStream, most: int) -> float:
    """Return the length of all packets, in seconds; counting ends soon after the most."""
    tick = float(stream.time_base or 0)
    seconds = length = 0.0
    before = None
    for packet in islice(_packets(container, stream), most * PACKETS_PER_S):
        # From one to the next: the durations of Vorbis are too short.
        step = length if before is None or packet.pts is None else (packet.pts - before) * tick
        seconds += step if 0 <= step <= PACKET_S else length
        before, length = packet.pts, (packet.duration or 0) * tick
        length = length if length <= PACKET_S else 0.0
        if seconds > most + SLACK_S:
            break
    return seconds + length


def _read(file: BinaryIO, limits: AudioLimits, skipped: float) -> NDArray[np.float32]:
    """Return the unchecked samples after some seconds."""
    with _sound(file, limits) as (container, stream):
        if skipped:
            with contextlib.suppress(av.FFmpegError):
                container.seek((container.start_time or 0) + int(skipped * _MICROSECONDS))
        return _mono(_frames(container, stream))


@contextlib.contextmanager
def _sound(file: BinaryIO, limits: AudioLimits) -> Iterator[tuple[InputContainer, av.AudioStream]]:
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
        yield container, stream


def _check_sound(rate: int, channels: int) -> None:
    if not MIN_RATE <= rate <= MAX_RATE:
        raise BadAudio("audio-odd-rate", rate=rate, least=MIN_RATE, most=MAX_RATE)
    if not 1 <= channels <= MAX_CHANNELS:
        raise BadAudio("audio-odd-channels", channels=channels, most=MAX_CHANNELS)


def _packets(
    container: InputContainer, stream: av.AudioStream
) -> Iterator[av.Packet[av.AudioStream]]:
    """Yield the packets of a truncated file, too, as far as it goes."""
    with contextlib.suppress(av.FFmpegError):
        yield from container.demux(stream)


def _frames(container: InputContainer, stream: av.AudioStream) -> Iterator[av.AudioFrame]:
    """Yield the frames that can be decoded; raise BadAudio when most packets are damaged."""
    good = bad = 0
    for packet in _packets(container, stream):
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
