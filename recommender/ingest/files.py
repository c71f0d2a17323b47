"""Discovery of tables and playlists, recognised by their file extensions."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from recommender.errors import UnreadableTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["table", "playlist"]
# Accepted when a folder is scanned.
ENDINGS: Mapping[str, Kind] = {
    ".csv": "table",
    ".tsv": "table",
    ".csv.gz": "table",
    ".tsv.gz": "table",
    ".parquet": "table",
    ".m3u": "playlist",
    ".m3u8": "playlist",
    ".jspf": "playlist",
}
# Ambiguous extensions: accepted only when a file is named explicitly, not in a folder.
MORE_ENDINGS: Mapping[str, Kind] = {".gz": "table", ".json": "playlist"}
MAX_FILES = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """The tables and playlists in a folder.

    Attributes
    ----------
    files : tuple of Path
        Sorted, tables first, because playlists copy moods that tables bring.
    unreadable : tuple of Path, folders that could not be read (perhaps the folder itself)
    """

    files: tuple[Path, ...]
    unreadable: tuple[Path, ...]


def kind_of(path: Path) -> Kind | None:
    """Return a file's kind, or None when its extension is not known."""
    name = path.name.casefold()
    endings = {**ENDINGS, **MORE_ENDINGS}
    return next((kind for ending, kind in endings.items() if name.endswith(ending)), None)


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


def files_in(folder: Path) -> Found:
    """Find the tables and playlists in a folder and its subfolders, without hidden files.

    Raises
    ------
    UnreadableTable
        When there are more than `MAX_FILES`.
    """
    files: list[Path] = []
    unreadable: list[Path] = []
    for where, _, names in visible_folders(folder, unreadable):
        paths = (Path(where, name) for name in names if not name.startswith("."))
        files += [
            path
            for path in paths
            if path.name.casefold().endswith(tuple(ENDINGS)) and is_there(path)
        ]
        if len(files) > MAX_FILES:
            raise UnreadableTable(
                f"The folder {folder.name} holds more than {MAX_FILES:,} tables and playlists."
            )
    files.sort(key=lambda path: (kind_of(path) != "table", path))
    return Found(tuple(files), tuple(sorted(unreadable)))


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
        raise UnreadableTable(f"The name of the file {path.name} is not in UTF-8.") from error
    return full
