"""``backup`` and ``restore``: the database into a file, and back. Audio files are not included."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.db.backup import put_back, put_damaged_aside, restore
from recommender.db.backup_check import opened_backup
from recommender.db.engine import FILE_NAME, database_errors, make_engine
from recommender.errors import SourceError
from recommender.wiring import open_catalogue

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from recommender.commands import Subparsers
    from recommender.settings import Settings


def add(commands: Subparsers) -> None:
    """Add both commands to the parser."""
    for name, what, act in (
        ("backup", "write the database into a new file", _backup),
        ("restore", "replace the database with a backup", _restore),
    ):
        said = f"{what.capitalize()}. Backups include moods of your own music, but no audio files."
        parser = commands.add_parser(name, help=what, description=said)
        parser.add_argument("file", type=Path)
        parser.set_defaults(prepare=_prepared(act), parser=parser)


def _prepared(
    act: Callable[[Path, Settings], None],
) -> Callable[[argparse.Namespace], Callable[[Settings], int]]:
    def prepare(options: argparse.Namespace) -> Callable[[Settings], int]:
        return lambda settings: _run(act, options.file, settings)

    return prepare


def _run(act: Callable[[Path, Settings], None], file: Path, settings: Settings) -> int:
    try:
        act(file, settings)
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _backup(file: Path, settings: Settings) -> None:
    with closing(open_catalogue(settings.data_dir, url=settings.database_url)) as catalogue:
        catalogue.back_up(file)


def _restore(file: Path, settings: Settings) -> None:
    present, aside = settings.data_dir / FILE_NAME, None
    with database_errors():
        if settings.database_url is None:
            # An invalid backup must not lead to the renaming of the damaged database.
            with opened_backup(file):
                aside = put_damaged_aside(present)
        engine = make_engine(settings.data_dir, settings.database_url)
        try:
            restore(file, engine)
        except BaseException:
            engine.dispose()
            if aside is not None:
                put_back(aside, present)
            raise
        engine.dispose()
    # Migrates the restored database to the newest revision.
    open_catalogue(settings.data_dir, url=settings.database_url).close()
    if aside is not None:
        print(f"The damaged database was renamed to {aside.name}.")
