"""``import``: tables of songs into the database."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.commands import database
from recommender.errors import SourceError, UnreadableTable
from recommender.importing import import_table
from recommender.song_tables import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from recommender.commands import Subparsers
    from recommender.importing import Imported
    from recommender.settings import Settings

# So many bad rows are told on the screen; all of them are in the side file.
BAD_ROWS_TOLD = 5
ENDINGS = (".gz", ".csv", ".parquet", ".tsv")


def add(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "import",
        help="tables of songs (CSV, also packed by gzip, or Parquet)",
        description="Import tables of songs. A table that was imported before is replaced.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument(
        "--map",
        type=_pair,
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help=f"which column is what, where the name does not say; fields: {', '.join(NAMES)}",
    )
    parser.add_argument("--language", help="of the songs of which the table does not say it")

    def prepare(options: argparse.Namespace) -> Callable[[Settings], int]:
        mapping = dict(options.map)
        return lambda settings: import_files(options.files, mapping, options.language, settings)

    parser.set_defaults(prepare=prepare, parser=parser)


def _pair(text: str) -> tuple[str, str]:
    ours, parted, theirs = text.partition("=")
    if not parted or ours not in NAMES:
        raise argparse.ArgumentTypeError(f"must be FIELD=COLUMN with a field of {', '.join(NAMES)}")
    return ours, theirs


def import_files(
    files: list[Path], mapping: Mapping[str, str], language: str | None, settings: Settings
) -> int:
    """Import tables one after the other and return the exit status; a bad one stops no other."""
    try:
        with database(settings) as engine:
            done = [_import(path, engine, mapping, language, settings) for path in files]
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0 if all(done) else 1


def _import(
    path: Path,
    engine: Engine,
    mapping: Mapping[str, str],
    language: str | None,
    settings: Settings,
) -> bool:
    """Import a table, say what came of it, and return whether it was one."""
    try:
        imported = import_table(
            path,
            engine,
            settings.data_dir,
            source=source_of(path),
            mapping=mapping,
            language=language,
            progress=_show_progress,
        )
    except UnreadableTable as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return False
    _report(path, imported)
    return True


def source_of(path: Path) -> str:
    """Return the name under which a file's songs are known: its own, without endings."""
    name = path.name
    while name.endswith(ENDINGS):
        name = name.rpartition(".")[0]
    return name or path.name


def _show_progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r  {done:,} of {total:,} lines", end=end, file=sys.stderr, flush=True)


def _report(path: Path, imported: Imported) -> None:
    if imported.unchanged:
        print(f"{path.name}: imported before, and unchanged since.")
        return
    repeated = f", {imported.repeated:,} rows repeat one" if imported.repeated else ""
    print(f"{path.name}: {imported.songs:,} songs{repeated}.")
    for line, problem in imported.bad[:BAD_ROWS_TOLD]:
        print(f"{path.name}: line {line} {problem}", file=sys.stderr)
    if imported.bad:
        print(
            f"{path.name}: {len(imported.bad):,} rows are no songs; they lie in "
            f"{imported.side_file}.",
            file=sys.stderr,
        )
