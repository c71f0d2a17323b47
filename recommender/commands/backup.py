"""``backup`` and ``restore``: the database into a file, and back."""

import os
from contextlib import closing
from pathlib import Path

import click

from recommender.commands import PATH
from recommender.db.backup import put_back, put_damaged_aside
from recommender.db.backup import restore as replace_database
from recommender.db.backup_check import opened_backup
from recommender.db.engine import FILE_NAME, database_errors, make_engine
from recommender.settings import settings_from
from recommender.wiring import open_catalogue
from recommender.wording import tr


@click.command()
@click.argument("file", type=PATH)
def backup(file: Path) -> None:
    """Write the database into a new file.

    Backups include moods of your own music, but no audio files.
    """
    settings = settings_from(os.environ)
    with closing(open_catalogue(settings.data_dir, url=settings.database_url)) as catalogue:
        catalogue.back_up(file)


@click.command()
@click.argument("file", type=PATH)
def restore(file: Path) -> None:
    """Replace the database with a backup.

    Backups include moods of your own music, but no audio files.
    """
    settings = settings_from(os.environ)
    present, aside = settings.data_dir / FILE_NAME, None
    with database_errors():
        if settings.database_url is None:
            # An invalid backup must not lead to the renaming of the damaged database.
            with opened_backup(file):
                aside = put_damaged_aside(present)
        engine = make_engine(settings.data_dir, settings.database_url)
        try:
            replace_database(file, engine)
        except BaseException:
            engine.dispose()
            if aside is not None:
                put_back(aside, present)
            raise
        engine.dispose()
    # Migrates the restored database to the newest revision.
    open_catalogue(settings.data_dir, url=settings.database_url).close()
    if aside is not None:
        print(tr("The damaged database was renamed to {name}.", name=aside.name))
