"""``import`` and ``playlist``: files and folders of songs into the database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.commands import show_progress
from recommender.errors import SourceError, UnreadableTable
from recommender.ingest.discovery import files_in, kind_of
from recommender.ingest.import_file import import_file
from recommender.ingest.refresh_report import sentence_of, skipped_rows
from recommender.ingest.registry import name_in, register_folder
from recommender.ingest.song_tables import NAMES
from recommender.ingest.table_import import TableImport
from recommender.paths import absolute, is_folder
from recommender.text import count_noun, printable
from recommender.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import Engine

    from recommender.commands import Subparsers
    from recommender.ingest.discovery import Kind
    from recommender.ingest.import_file import Result
    from recommender.settings import Settings

# Bad rows printed; all of them are in the side file.
BAD_ROWS_TOLD = 5


def add(commands: Subparsers) -> None:
    """Add both commands to the parser."""
    parser = commands.add_parser(
        "import",
        help="import tables of songs, playlists, and folders of both",
        description="Import tables of songs (CSV or TSV, also packed by gzip, or Parquet), "
        "playlists (M3U or JSPF), and folders of both. Importing a file again replaces its songs. "
        "Folders are scanned again at each refresh.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE_OR_FOLDER")
    parser.add_argument(
        "--map",
        type=_pair,
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help=f"column of a field, if its name does not tell; fields: {', '.join(NAMES)}",
    )
    parser.add_argument("--language", help="language of songs for which the table gives none")
    parser.set_defaults(prepare=_prepare_import, parser=parser)
    parser = commands.add_parser(
        "playlist",
        help="import a playlist (M3U, JSPF or CSV)",
        description="Import a playlist's songs into the catalogue. It replaces an earlier playlist "
        "of the same name.",
    )
    parser.add_argument("file", type=Path)
    parser.set_defaults(prepare=_prepare_playlist, parser=parser)


def _pair(text: str) -> tuple[str, str]:
    ours, parted, theirs = text.partition("=")
    if not parted or ours not in NAMES:
        raise argparse.ArgumentTypeError(f"must be FIELD=COLUMN with a field of {', '.join(NAMES)}")
    return ours, theirs


def _prepare_import(options: argparse.Namespace) -> Callable[[Settings], int]:
    mapping, language = dict(options.map), options.language
    no_tables = (is_folder(path) or kind_of(path) == "playlist" for path in options.files)
    if (mapping or language) and any(no_tables):
        options.parser.error("--map and --language apply to tables only")
    return lambda settings: _run(options.files, "table", mapping, language, settings)


def _prepare_playlist(options: argparse.Namespace) -> Callable[[Settings], int]:
    return lambda settings: _run([options.file], "playlist", {}, None, settings)


def _run(
    paths: list[Path],
    usual: Kind,
    mapping: Mapping[str, str],
    language: str | None,
    settings: Settings,
) -> int:
    """Import files and folders and return the exit status; a bad file does not stop the others.

    Parameters
    ----------
    usual : kind of a file whose name does not tell it
    """

    def one(path: Path, folder: Path | None) -> bool:
        name = printable(name_in(folder, path) if folder else path.name)
        try:
            done = import_file(
                path,
                kind_of(path) or usual,
                engine,
                settings.data_dir,
                folder=folder,
                mapping=mapping,
                language=language,
                progress=show_progress,
            )
        except UnreadableTable as error:
            print(f"{name}: {printable(str(error))}", file=sys.stderr)
            return False
        _report(name, done)
        return True

    try:
        with opened(settings) as engine:
            done = [
                file is not None and one(file, folder) for file, folder in _files(paths, engine)
            ]
    except SourceError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    return 0 if all(done) else 1


def _files(paths: list[Path], engine: Engine) -> Iterator[tuple[Path | None, Path | None]]:
    """Yield files with the folder that they were found in; None for what cannot be read."""
    for path in paths:
        if not is_folder(path):
            yield path, None
            continue
        try:
            folder = absolute(path)
            found = files_in(folder)
        except UnreadableTable as error:
            print(printable(str(error)), file=sys.stderr)
            yield None, None
            continue
        register_folder(engine, folder)
        for unreadable in found.unreadable:
            print(printable(f"The folder {unreadable} cannot be read."), file=sys.stderr)
            yield None, None
        if not found.files:
            print(f"{printable(folder.name)}: no tables or playlists yet.")
        for file in found.files:
            yield file, folder


def _report(name: str, done: Result) -> None:
    print(sentence_of(name, done))
    if not isinstance(done, TableImport):
        if done.nameless:
            entries = count_noun(done.nameless, "entry", "entries")
            print(f"{name}: {entries} without a title or an artist.", file=sys.stderr)
        return
    for line, problem in done.bad[:BAD_ROWS_TOLD]:
        print(printable(f"{name}: line {line} {problem}"), file=sys.stderr)
    if done.bad:
        rows = skipped_rows(len(done.bad))
        print(f"{name}: {rows}; they are in {done.side_file}.", file=sys.stderr)
