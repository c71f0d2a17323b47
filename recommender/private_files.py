"""Files and folders that other users of the machine cannot read: they hold moods and likes.

Windows protects user folders by itself; there, nothing is done.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE, FILE_MODE = 0o700, 0o600
# Side files of a SQLite database; new ones inherit its mode.
_BESIDE = ("-wal", "-shm", "-journal")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make_private_folder(path: Path) -> None:
    """Create a folder if it is missing, and deny access to other users.

    Raises
    ------
    OSError
        When it cannot be created.
    """
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    keep_private(path)


def keep_private_database(path: Path) -> None:
    """Deny other users access to a SQLite file and its side files."""
    for one in (path, *(path.with_name(path.name + ending) for ending in _BESIDE)):
        keep_private(one)


def keep_private(path: Path) -> None:
    """Remove the permissions of other users, if the file or folder exists and is ours.

    A folder with the sticky bit, such as /tmp, stays as it is.
    """
    if os.name != "posix":
        return
    with suppress(OSError):
        found = path.stat()
        ours = found.st_uid == os.geteuid() and not found.st_mode & stat.S_ISVTX
        if ours and found.st_mode & _OTHERS:
            # By path: closing a file descriptor would release SQLite's locks on the file.
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
