"""Files and folders that no other user of the machine reads: moods and likes lie in them.

Windows keeps a user's folders from others by itself; there, nothing is done.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
# What SQLite keeps beside a database; new ones take its mode over.
_BESIDE = ("-wal", "-shm", "-journal")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> None:
    """Make a folder where it is missing, and keep others out of it.

    Raises
    ------
    OSError
        When it cannot be made.
    """
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    keep_private(path)


def keep_private_database(path: Path) -> None:
    """Keep others out of an SQLite file and of what lies beside it."""
    for one in (path, *(path.with_name(path.name + ending) for ending in _BESIDE)):
        keep_private(one)


def keep_private(path: Path) -> None:
    """Take away what others may do, as far as the file or folder is there and ours to change.

    A folder in which everybody may put files, as /tmp, stays as it is.
    """
    if os.name != "posix":
        return
    with suppress(OSError):
        found = path.stat()
        ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
        if ours and found.st_mode & _OTHERS:
            # By name: to open and close a file would end SQLite's locks on it.
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
