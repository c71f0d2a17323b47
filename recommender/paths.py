"""Paths of files and folders: where they lie, and that no other user of the machine reads them.

Moods and likes lie in private files. Windows keeps a user's folders from others by itself; there,
nothing is done.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from recommender.errors import UnreadableTable


def visible_folders(
    folder: Path, unreadable: list[Path]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder top-down like `os.walk`, without hidden folders.

    Links to folders are not followed, because they could form a cycle.

    Parameters
    ----------
    unreadable : list of Path, to which the folders that cannot be read are appended
    """
    walk = os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename)))
    for where, folders, names in walk:
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield where, folders, names


def is_there(path: Path) -> bool:
    """Return whether a path is a file, or may be a file that the system does not let us check."""
    try:
        return path.is_file()
    except OSError:
        return True


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder that can be checked."""
    try:
        return path.is_dir()
    except OSError:
        return False


def at_home(named: str) -> Path:
    """Return a path as it is typed, with "~" for a user's home folder.

    Raises
    ------
    UnreadableTable
        When "~" names a user that this machine does not know, as in "~nobody/Music".
    """
    try:
        return Path(named).expanduser()
    except RuntimeError as error:
        raise UnreadableTable("path-no-user", path=named) from error


def absolute(path: Path) -> Path:
    """Return an absolute path without resolving links.

    Raises
    ------
    UnreadableTable
        When the path is not valid UTF-8, which no database can store.
    """
    full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
    try:
        str(full).encode()
    except UnicodeEncodeError as error:
        raise UnreadableTable("file-name-no-text", file=path.name) from error
    return full


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
