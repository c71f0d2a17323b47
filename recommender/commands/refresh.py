"""``refresh``: repeat imports and folder scans."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from recommender.commands import show_progress
from recommender.errors import SourceError
from recommender.ingest.refresh import refresh
from recommender.wiring import opened

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from recommender.commands import Subparsers
    from recommender.settings import Settings


def add(commands: Subparsers) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser(
        "refresh",
        help="repeat all imports, and scan folders again",
        description="Repeat all imports, scan folders again, and report the changes.",
    )

    def prepare(_options: argparse.Namespace) -> Callable[[Settings], int]:
        return _run

    parser.set_defaults(prepare=prepare, parser=parser)


def _run(settings: Settings) -> int:
    def progress(done: int, total: int) -> None:
        show_progress(done, total, "files")

    try:
        with opened(settings) as engine:
            refreshed = refresh(engine, settings.data_dir, progress=progress)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    for line in refreshed.lines():
        print(line)
    return 1 if refreshed.failed else 0
