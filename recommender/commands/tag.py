"""``tag``: tag your own music with its mood."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
from sqlalchemy import Engine

from detectors.types import AudioTagger
from recommender.commands import FAILED, INTERRUPTED, PATH, progress, report
from recommender.library import scan
from recommender.library.folder_tagging import FolderTagging, ScanStatus
from recommender.library.pool import cores
from recommender.library.tagging import tag_folders, tagger_pool
from recommender.library.tagging_report import TaggingReport
from recommender.settings import Settings, settings_from
from recommender.subsonic.hearing import OWNERS, MakePool, hear
from recommender.subsonic.server import FOLDER
from recommender.wiring import opened, owners_server
from recommender.wording import Message, tr, tr_count

MAX_WORKERS = 256


@click.command()
@click.argument("folders", type=PATH, nargs=-1, metavar="[FOLDER]...")
@click.option("--watch", is_flag=True, help="remember the folders, and keep tagging changes")
@click.option("--unwatch", is_flag=True, help="forget the folders and exit")
@click.option(
    "--server",
    is_flag=True,
    help="hear the songs of the music server that MOODRING_SUBSONIC_URL names, instead of folders",
)
@click.option(
    "--workers",
    type=click.IntRange(1, MAX_WORKERS),
    help="number of processes; by default one per core",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="address of your own Dask scheduler, such as tcp://127.0.0.1:8786, whose workers tag the "
    "music; they must see the same files under the same paths, or each name its own in "
    "MOODRING_FILE_ROOTS, and run the same version of Moodring, with --nthreads 1 each",
)
@click.pass_obj
def tag(
    tagger: Callable[[], Callable[[], AudioTagger]],
    folders: tuple[Path, ...],
    *,
    watch: bool,
    unwatch: bool,
    server: bool,
    workers: int | None,
    scheduler: str | None,
) -> int:
    """Tag the music in folders and their subfolders with its mood.

    Unchanged files are not tagged again, so that an interrupted run can be continued. Without a
    folder, the watched ones are scanned.
    """
    if unwatch and (watch or not folders):
        raise click.UsageError(tr("--unwatch needs folders, and excludes --watch"))
    if server and (folders or watch):
        raise click.UsageError(tr("--server excludes folders and --watch"))
    settings = settings_from(os.environ)
    try:
        with opened(settings) as engine:
            if server:
                taggers = partial(tagger_pool, tagger(), workers or cores(), scheduler)
                return _hear(settings, engine, taggers)
            for folder in folders:
                if watch or unwatch:
                    (scan.watch if watch else scan.unwatch)(engine, folder)
            if unwatch:
                return 0
            if not (folders or scan.watched(engine)):
                report(Message("folders-none-watched"))
                return FAILED
            chosen = () if watch else folders
            tag_once = partial(_tag, engine, chosen, tagger(), workers, scheduler)
            return _watch(engine, tag_once) if watch else _tell(tag_once())
    except KeyboardInterrupt:
        said = tr("Stopped. Tagged files are kept; the next run continues.")
        print(f"\n{said}", file=sys.stderr)
        return INTERRUPTED


def _tag(
    engine: Engine,
    folders: Sequence[Path],
    factory: Callable[[], AudioTagger],
    workers: int | None,
    scheduler: str | None,
    stopping: Callable[[], bool] = lambda: False,
) -> TaggingReport:
    """Tag some folders, or the watched ones."""
    with progress(tr("files")) as show:
        return tag_folders(
            engine,
            folders or scan.watched(engine),
            factory,
            workers=workers,
            scheduler=scheduler,
            progress=lambda now: show(now.done, now.total),
            stopping=stopping,
        )


def _hear(settings: Settings, engine: Engine, taggers: MakePool) -> int:
    """Hear the songs of the owner's music server, and return the exit status."""
    server = owners_server(settings, engine, None)
    if server is None:
        report(Message("server-unset"))
        return FAILED
    server.shelf.refresh()
    with progress(tr("files")) as show:
        heard = hear(server.shelf, taggers, OWNERS, settings.data_dir / FOLDER, progress=show)
    print(tr_count("{number} song heard.", "{number} songs heard.", heard), flush=True)
    return 0


def _watch(engine: Engine, tag_once: Callable[[Callable[[], bool]], TaggingReport]) -> int:
    """Tag changes until Ctrl-C, or until a failure before anything was tagged."""
    ever = unwatched = False

    def show_status(status: ScanStatus) -> None:
        nonlocal ever, unwatched
        if status.unwatched and not unwatched:
            report(Message("folders-unwatched"))
        unwatched = status.unwatched
        if status.report is not None:
            ever = True
            _tell(status.report)
        if status.problem is not None:
            report(status.problem)
            if not ever:
                tagging.stop()

    tagging = FolderTagging(
        lambda _progress, stopping: tag_once(stopping),
        folders=lambda: scan.watched(engine),
        on_status=show_status,
        first_s=0.0,
    )
    tagging.run()
    return FAILED


def _tell(done: TaggingReport) -> int:
    """Print a report and return the exit status."""
    *told, summary = done.lines()
    for line in told:
        print(line, file=sys.stderr)
    print(summary, flush=True)
    return FAILED if done.problems else 0
