"""Open music files by libav (through PyAV), as bytes only and in a few formats only.

libav never sees a path and is limited to the containers and codecs below, so that no playlist in a
file can make it open another file, no cover is decoded, and unused formats are no attack surface.
"""

import ctypes
from typing import BinaryIO, NoReturn

import av
import av._core
from av.container import InputContainer

from detectors.errors import BadAudio

# Streams of sound, covers and chapters together.
MAX_STREAMS = 16
# Samples of all channels in one frame; the largest that FLAC knows is 65,535 × 8.
MAX_FRAME_SAMPLES = 2**19
# The largest block that libav may allocate, in bytes. A few bytes of an M4A can claim a table of
# millions of entries, or a zipped header of gigabytes, which no other limit catches.
MAX_BLOCK = 32 * 1024 * 1024

CONTAINERS = ("aac", "aiff", "asf", "flac", "m4a", "matroska", "mp3", "ogg", "wav", "wv")
CODECS = (
    "aac", "alac", "flac", "mp2", "mp2float", "mp3", "mp3float", "opus", "vorbis",
    "wavpack", "wmav1", "wmav2",
    "pcm_alaw", "pcm_f32be", "pcm_f32le", "pcm_f64be", "pcm_f64le", "pcm_mulaw", "pcm_s16be",
    "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_s32be", "pcm_s32le", "pcm_s8", "pcm_u8",
)  # fmt: skip
OPTIONS = {
    "format_whitelist": ",".join(CONTAINERS),
    "codec_whitelist": ",".join(CODECS),
    "protocol_whitelist": "none",
    "max_streams": str(MAX_STREAMS),
    "max_samples": str(MAX_FRAME_SAMPLES),
}


class AnonymousFile:
    """A size-capped, anonymous file object for libav, so that it cannot open sibling files.

    Parameters
    ----------
    size : int, bytes that may be read, however long the file grows
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int) -> bytes:
        """Return up to `count` bytes."""
        return self._file.read(max(min(count, self._size - self._file.tell()), 0))


def opened(file: BinaryIO, size: int) -> InputContainer:
    """Open a file in one of the `CONTAINERS`, which libav detects.

    Parameters
    ----------
    size : int, bytes that may be read

    Raises
    ------
    BadAudio
        When it is none of them.
    """
    _quieten()
    file.seek(0)
    try:
        return av.open(
            AnonymousFile(file, size),
            "r",
            options=OPTIONS,
            metadata_errors="replace",  # titles are written in all sorts of encodings
            io_open=deny_open,
        )
    except Exception as error:
        raise BadAudio("audio-unread-kind") from error


def deny_open(*_: object) -> NoReturn:
    """Refuse to open another file."""
    raise BadAudio("audio-asks-for-files")


def _quieten() -> None:
    """Silence libav, even where another library switched its log on, and cap its allocations."""
    av.logging.set_libav_level(av.logging.PANIC)
    # PyAV does not expose this function; a module that is linked with libav does.
    limit = getattr(ctypes.CDLL(av._core.__file__), "av_max_alloc", None)  # noqa: SLF001
    if limit is not None:
        limit(ctypes.c_size_t(MAX_BLOCK))
