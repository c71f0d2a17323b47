"""A recording's file opened for playing: checked once, and read piece by piece.

A song may be hundreds of megabytes, and a browser asks for it in many ranges. The stamp tells
without reading whether the file is the one that was tagged. A file restored from a backup has
another stamp: its digest is taken once, and remembered for that stamp.
"""

import hashlib
import os
import threading
from collections.abc import Mapping
from contextlib import ExitStack
from io import BufferedReader
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType

from recommender.library.file_tagging import open_for_reading, stamp_of
from recommender.library.recordings import Recording

# Media types that browsers play; other files can only be downloaded.
TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".mp3": "audio/mpeg",
        ".m4a": "audio/mp4",
        ".m4b": "audio/mp4",
        ".mp4": "audio/mp4",
        ".aac": "audio/aac",
        ".flac": "audio/flac",
        ".ogg": "audio/ogg",
        ".oga": "audio/ogg",
        ".opus": "audio/ogg",
        ".wav": "audio/wav",
        ".webm": "audio/webm",
    }
)
# Digests in memory, some 200 bytes each.
MAX_DIGESTS = 10_000


def type_of(path: Path) -> str | None:
    """Return a file's media type by its ending; None when browsers cannot play it."""
    return TYPES.get(path.suffix.casefold())


class PlayedFile:
    """An open file that holds what was tagged.

    Attributes
    ----------
    size : int, bytes
    """

    def __init__(self, file: BufferedReader, stamp: str, size: int) -> None:
        self._file = file
        self._stamp = stamp
        self.size = size

    def read(self, first: int, count: int) -> bytes:
        """Return bytes from a position on, fewer at the end only.

        Raises
        ------
        OSError
            When the file cannot be read, or was written or moved since it was opened.
        """
        self._file.seek(first)
        found = self._file.read(count)
        if stamp_of(os.fstat(self._file.fileno()))[0] != self._stamp:
            raise OSError("the file has changed while it was played")
        if len(found) < min(count, self.size - first):
            raise OSError("the file has ended too early")
        return found

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class Playback:
    """Opens recordings for playing, and remembers digests of restored files. Thread-safe."""

    def __init__(self) -> None:
        # One digest at a time: two ranges of a restored file must not both read it whole.
        self._lock = threading.Lock()
        # By device, inode and stamp, oldest first.
        self._digests: dict[tuple[int, int, str], str] = {}

    def open(self, recording: Recording) -> PlayedFile | None:
        """Return a recording's open file, to be closed; None when it is not what was tagged.

        Raises
        ------
        OSError
            When it cannot be opened, or is a link and must not be: an uploaded file never is one.
        """
        with ExitStack() as closing:
            file = closing.enter_context(
                open_for_reading(recording.path, links=not recording.dropped)
            )
            stat = os.fstat(file.fileno())
            stamp, size = stamp_of(stat)
            if not S_ISREG(stat.st_mode) or size != recording.size:
                return None
            if stamp != recording.stamp and self._digest(file) != recording.sha256:
                return None
            closing.pop_all()
            return PlayedFile(file, stamp, size)

    def _digest(self, file: BufferedReader) -> str:
        with self._lock:
            stat = os.fstat(file.fileno())
            place = stat.st_dev, stat.st_ino, stamp_of(stat)[0]
            if place not in self._digests:
                found = hashlib.file_digest(file, "sha256").hexdigest()
                if len(self._digests) >= MAX_DIGESTS:
                    del self._digests[next(iter(self._digests))]
                self._digests[place] = found
            return self._digests[place]
