"""``playlist``: a playlist's songs into the database."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.commands import database
from recommender.commands.imports import import_files
from recommender.errors import SourceError
from recommender.playlists import bring_playlist

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from recommender.commands import Subparsers
    from recommender.settings import Settings

TABLES = {".csv", ".gz", ".parquet"}


def add(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "playlist",
        help="a playlist (M3U, JSPF or CSV)",
        description="Bring a playlist's songs into the catalogue. It replaces an earlier one of "
        "the same name.",
    )
    parser.add_argument("file", type=Path)

    def prepare(options: argparse.Namespace) -> Callable[[Settings], int]:
        if options.file.suffix.casefold() in TABLES:
            return lambda settings: import_files([options.file], {}, None, settings)
        return lambda settings: _run(options.file, settings)

    parser.set_defaults(prepare=prepare, parser=parser)


def _run(path: Path, settings: Settings) -> int:
    try:
        with database(settings) as engine:
            brought = bring_playlist(path, engine, source=f"playlist {path.stem}")
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path.name}: {brought.songs:,} songs, {brought.placed:,} of them with a known mood.")
    if brought.nameless:
        print(
            f"{path.name}: {brought.nameless:,} entries have no title or no artist.",
            file=sys.stderr,
        )
    return 0
