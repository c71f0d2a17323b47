"""Discovery of tables and playlists, recognised by their file extensions."""

import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recommender.errors import UnreadableTable
from recommender.paths import is_there, visible_folders

Kind = Literal["table", "playlist"]
# Accepted when a folder is scanned.
ENDINGS: Mapping[str, Kind] = {
    ".csv": "table",
    ".tsv": "table",
    ".csv.gz": "table",
    ".tsv.gz": "table",
    ".parquet": "table",
    ".xlsx": "table",
    ".m3u": "playlist",
    ".m3u8": "playlist",
    ".pls": "playlist",
    ".xspf": "playlist",
    ".wpl": "playlist",
    ".zpl": "playlist",
    ".asx": "playlist",
    ".jspf": "playlist",
}
# Ambiguous extensions: accepted only when a file is named explicitly, not in a folder.
MORE_ENDINGS: Mapping[str, Kind] = {
    ".gz": "table",
    ".json": "playlist",
    ".jsonl": "playlist",
    ".xml": "playlist",
}
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


def check_file(path: Path) -> None:
    """Raise `UnreadableTable` for a path that is no file: a pipe would never end.

    A file whose folder cannot be read is left to those who read it.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UnreadableTable("file-missing") from error
    except OSError:
        return
    if not stat.S_ISREG(mode):
        raise UnreadableTable("file-special")


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
            raise UnreadableTable("folder-too-many-tables", folder=folder.name, most=MAX_FILES)
    files.sort(key=lambda path: (kind_of(path) != "table", path))
    return Found(tuple(files), tuple(sorted(unreadable)))
