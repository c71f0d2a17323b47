"""Which files hold songs, told by how their names end, and where they lie in a folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from recommender.errors import UnreadableTable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Kind = Literal["table", "playlist"]
# In a folder, these are taken.
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
# So much else ends so that these are taken only when they are named.
MORE_ENDINGS: Mapping[str, Kind] = {".gz": "table", ".json": "playlist"}
MAX_FILES = 5000


@dataclass(frozen=True, slots=True)
class Found:
    """What lies in a folder.

    files : sorted, tables first: playlists take over what tables know
    unreadable : folders that could not be looked into, the folder itself among them
    """

    files: tuple[Path, ...]
    unreadable: tuple[Path, ...]


def kind_of(path: Path) -> Kind | None:
    """Return what a file is by its name; None when the name does not say."""
    name = path.name.casefold()
    endings = {**ENDINGS, **MORE_ENDINGS}
    return next((kind for ending, kind in endings.items() if name.endswith(ending)), None)


def visible_folders(
    folder: Path, unreadable: list[Path]
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Walk a folder and all below it that are not hidden, as `os.walk` does from the top.

    Links to folders are not followed: they could lead round in a circle.

    unreadable : takes the folders that could not be looked into, the folder itself among them
    """
    walk = os.walk(folder, onerror=lambda error: unreadable.append(Path(error.filename)))
    for where, folders, names in walk:
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield where, folders, names


def files_in(folder: Path) -> Found:
    """Find the tables and playlists in a folder and below, without what is hidden.

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
    """Return whether a path leads to a file, or to what only a try at reading can tell."""
    try:
        return path.is_file()
    except OSError:
        return True


def is_folder(path: Path) -> bool:
    """Return whether a path leads to a folder, as far as one may look."""
    try:
        return path.is_dir()
    except OSError:
        return False


def absolute(path: Path) -> Path:
    """Return a path that is the same from every folder.

    Raises
    ------
    UnreadableTable
        When it holds bytes that are no text, which no database can keep.
    """
    full = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would fix where a link leads now
    try:
        str(full).encode()
    except UnicodeEncodeError as error:
        raise UnreadableTable(f"The name of the file {path.name} is not in UTF-8.") from error
    return full
