"""``tag``: tag your own music with its mood."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from recommender.commands import show_progress
from recommender.errors import SourceError
from recommender.library.folder_tagging import UNWATCHED, FolderTagging
from recommender.library.scan import unwatch, watch, watched
from recommender.library.tagging import tag_folders
from recommender.text import printable
from recommender.wiring import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from detectors.types import AudioTagger
    from recommender.commands import Subparsers
    from recommender.library.folder_tagging import ScanStatus
    from recommender.library.tagging_report import Progress, TaggingReport
    from recommender.settings import Settings

MAX_WORKERS = 256
# Exit status of shells for a program ended by Ctrl-C.
INTERRUPTED = 130
NONE_WATCHED = "No folder is watched yet; name one."


def add(commands: Subparsers, tagger: Callable[[], Callable[[], AudioTagger]]) -> None:
    """Add the command to the parser.

    Parameters
    ----------
    tagger : callable, returns the factory of taggers; called only when the command runs
    """
    parser = commands.add_parser(
        "tag",
        help="tag your own music with its mood",
        description="Tag the music in folders and their subfolders with its mood. Unchanged files "
        "are not tagged again, so that an interrupted run can be continued. Without a folder, the "
        "watched ones are scanned.",
    )
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER")
    parser.add_argument(
        "--watch", action="store_true", help="remember the folders, and keep running to tag changes"
    )
    parser.add_argument("--unwatch", action="store_true", help="forget the folders and exit")
    parser.add_argument(
        "--workers", type=_count, metavar="N", help="number of processes; by default one per core"
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="address of your own Dask scheduler, such as tcp://127.0.0.1:8786, whose workers tag "
        "the music; they must see the same files under the same paths, and run the same version "
        "of Moodring, with --nthreads 1 each",
    )

    def prepare(options: argparse.Namespace) -> Callable[[Settings], int]:
        if options.unwatch and (options.watch or not options.folders):
            parser.error("--unwatch needs folders, and excludes --watch")
        return lambda settings: _run(options, settings, tagger)

    parser.set_defaults(prepare=prepare, parser=parser)


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MAX_WORKERS):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {MAX_WORKERS}")
    return int(text)


def _run(
    options: argparse.Namespace,
    settings: Settings,
    tagger: Callable[[], Callable[[], AudioTagger]],
) -> int:
    try:
        with opened(settings) as engine:
            if options.unwatch:
                for folder in options.folders:
                    unwatch(engine, folder)
                return 0
            if options.watch:
                for folder in options.folders:
                    watch(engine, folder)
            folders = options.folders or watched(engine)
            if not folders:
                print(NONE_WATCHED, file=sys.stderr)
                return 1
            return _tag(engine, folders, options, tagger())
    except SourceError as error:
        print(printable(str(error)), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Tagged files are kept; the next run continues.", file=sys.stderr)
        return INTERRUPTED


def _tag(
    engine: Engine,
    folders: list[Path],
    options: argparse.Namespace,
    factory: Callable[[], AudioTagger],
) -> int:
    def tag(progress: Callable[[Progress], None], stopping: Callable[[], bool]) -> TaggingReport:
        def show(now: Progress) -> None:
            show_progress(now.done, now.total, "files", now.left_s)
            progress(now)

        return tag_folders(
            engine,
            watched(engine) if options.watch else folders,
            factory,
            workers=options.workers,
            scheduler=options.scheduler,
            progress=show,
            stopping=stopping,
        )

    if options.watch:
        return _watch(engine, tag)
    report = tag(lambda _now: None, lambda: False)
    _tell(report)
    return 1 if report.problems else 0


def _watch(
    engine: Engine, tag: Callable[[Callable[[Progress], None], Callable[[], bool]], TaggingReport]
) -> int:
    """Tag changes until Ctrl-C, or until a failure before anything was tagged."""
    ever = unwatched = False

    def show_status(status: ScanStatus) -> None:
        nonlocal ever, unwatched
        if status.unwatched and not unwatched:
            print(UNWATCHED, file=sys.stderr)
        unwatched = status.unwatched
        if status.report is not None:
            ever = True
            _tell(status.report)
        if status.problem is not None:
            print(printable(status.problem), file=sys.stderr)
            if not ever:
                tagging.stop()

    tagging = FolderTagging(
        tag, folders=lambda: watched(engine), on_status=show_status, first_s=0.0
    )
    tagging.run()
    return 1


def _tell(report: TaggingReport) -> None:
    *told, summary = report.lines()
    for line in told:
        print(line, file=sys.stderr)
    print(summary, flush=True)
