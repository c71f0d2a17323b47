"""Discovery of audio files in folders, by file extension."""

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
# Folders with a file of this name are skipped, a convention of music players since Android's.
KEEP_OUT = ".nomedia"
MAX_FILES = 500_000


@dataclass(frozen=True, slots=True)
class Music:
    """The audio files in a folder.

    Attributes
    ----------
    files : tuple of Path, sorted
    unreadable : tuple of Path, folders that could not be read (perhaps the folder itself)
    """

    files: tuple[Path, ...]
    unreadable: tuple[Path, ...]


def is_music(name: str) -> bool:
    """Return whether a file name has an audio extension and is not hidden."""
    return not name.startswith(".") and name.casefold().endswith(ENDINGS)


def music_in(folder: Path) -> Music:
    """Find the audio files in a folder and its subfolders, without hidden files.

    Links to files are followed. Links to folders are not, because they could form a cycle.

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
    """Return whether a path is one of the folders or below one."""
    return any(path.is_relative_to(folder) for folder in folders)
