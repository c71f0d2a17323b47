"""Which files hold music, and where they lie in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.errors import CannotTag
from recommender.ingest.files import is_there, visible_folders

if TYPE_CHECKING:
    from collections.abc import Iterable

ENDINGS = (
    *(".mp3", ".m4a", ".aac", ".flac", ".ogg", ".oga", ".opus", ".wav"),
    *(".aif", ".aiff", ".wma", ".wv", ".ape", ".mka"),
)
# A folder with a file of this name holds no music to be found: as players everywhere have it.
KEEP_OUT = ".nomedia"
MAX_FILES = 500_000


@dataclass(frozen=True, slots=True)
class Music:
    """What lies in a folder.

    files : sorted
    unreadable : folders that could not be looked into, the folder itself among them
    """

    files: tuple[Path, ...]
    unreadable: tuple[Path, ...]


def is_music(name: str) -> bool:
    """Return whether a file is music by its name, and is not hidden."""
    return not name.startswith(".") and name.casefold().endswith(ENDINGS)


def music_in(folder: Path) -> Music:
    """Find the music in a folder and below, without what is hidden.

    Links to files are followed, links to folders are not: they could lead round in a circle.

    Raises
    ------
    CannotTag
        When there are more than `MAX_FILES`.
    """
    files: list[Path] = []
    unreadable: list[Path] = []
    for where, folders, names in visible_folders(folder, unreadable):
        if KEEP_OUT in names:
            folders.clear()
            continue
        paths = (Path(where, name) for name in names if is_music(name))
        files += (path for path in paths if is_there(path))
        if len(files) > MAX_FILES:
            raise CannotTag(f"The folder {folder.name} holds more than {MAX_FILES:,} files.")
    return Music(tuple(sorted(files)), tuple(sorted(unreadable)))


def is_below(path: Path, folders: Iterable[Path]) -> bool:
    """Return whether a path lies in one of some folders, or below."""
    return any(path.is_relative_to(folder) for folder in folders)
