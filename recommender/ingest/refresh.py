"""Import of a file, and refresh of the catalogue: repeat imports, scan folders for new files.

The songs of a file that is missing or unreadable are kept.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from detectors.types import Message
from recommender.db.response_cache import ResponseCache
from recommender.errors import SourceError, UnreadableTable
from recommender.ingest.discovery import Kind, check_file, files_in, kind_of
from recommender.ingest.playlists import import_playlist
from recommender.ingest.refresh_report import (
    Change,
    Outcome,
    Refreshed,
    Result,
    left_out,
    save_report,
)
from recommender.ingest.registry import ImportedFile, imported_files, registered_folders, source_of
from recommender.ingest.table_import import import_table
from recommender.paths import absolute, is_folder, is_there
from recommender.text import utc_now

_log = logging.getLogger(__name__)


def import_file(
    path: Path,
    kind: Kind,
    engine: Engine,
    data_dir: Path,
    *,
    folder: Path | None = None,
    mapping: Mapping[str, str] | None = None,
    language: str | None = None,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
) -> Result:
    """Import the songs of a file, replacing those that it had before.

    Parameters
    ----------
    folder : Path or None, the imported folder in which the file was found
    mapping, language, progress
        For tables only: see `recommender.ingest.table_import.import_table`.

    Raises
    ------
    UnreadableTable
        When the file is not there, or not of its kind.
    Unavailable
        When the database cannot be used.
    """
    path = absolute(path)
    check_file(path)
    source = source_of(engine, path, kind, folder)
    if kind == "playlist":
        return import_playlist(path, engine, source=source)
    return import_table(
        path,
        engine,
        data_dir,
        source=source,
        mapping=mapping,
        language=language,
        progress=progress,
    )


@dataclass(frozen=True, slots=True)
class _Plan:
    """The files to import, and the changes known before.

    Attributes
    ----------
    again : tuple of ImportedFile, files imported before
    new : tuple of (file, folder in which it was found)
    """

    again: tuple[ImportedFile, ...]
    new: tuple[tuple[Path, Path], ...]
    changes: tuple[Change, ...]


def refresh(
    engine: Engine,
    data_dir: Path,
    *,
    progress: Callable[[int, int], object] = lambda _done, _all: None,
    now: Callable[[], datetime] = utc_now,
) -> Refreshed:
    """Refresh everything, save the report, and return it; a failure does not stop the rest.

    Parameters
    ----------
    progress : callable (files done, files in all)

    Raises
    ------
    Unavailable
        When the database cannot be used.
    """
    plan = _planned(engine)
    changes, total = [*plan.changes], len(plan.again) + len(plan.new)
    for file in plan.again:
        changes.append(_repeated(file, engine, data_dir))
        progress(len(changes) - len(plan.changes), total)
    for path, folder in plan.new:
        changes.append(_added(path, folder, engine, data_dir))
        progress(len(changes) - len(plan.changes), total)
    refreshed = Refreshed(now(), tuple(changes), ResponseCache(engine, now=now).drop_expired())
    try:
        save_report(engine, refreshed)
    except SourceError as error:
        problem = Message("report-not-kept"), error.message
        failed = Change("This report", Outcome.FAILED, problem=problem)
        refreshed = replace(refreshed, changes=(*refreshed.changes, failed))
    return refreshed


def _planned(engine: Engine) -> _Plan:
    files = imported_files(engine)
    known = {file.path for file in files}
    changes, gone, new = [], set(), []
    for folder in registered_folders(engine):
        if not is_folder(folder):
            gone.add(folder)
            changes.append(Change(str(folder), Outcome.GONE))
            continue
        try:
            found = files_in(folder)
        except UnreadableTable as error:
            changes.append(Change(str(folder), Outcome.FAILED, problem=(error.message,)))
            continue
        for unreadable in found.unreadable:
            problem = (Message("folder-unreadable"),)
            changes.append(Change(str(unreadable), Outcome.FAILED, problem=problem))
        new += [(path, folder) for path in found.files if path not in known]
        known.update(found.files)
    # A missing folder is reported once, not for each of its files.
    again = [file for file in files if gone.isdisjoint(file.path.parents)]
    new.sort(key=lambda file: kind_of(file[0]) != "table")
    return _Plan(tuple(again), tuple(new), tuple(changes))


def _repeated(file: ImportedFile, engine: Engine, data_dir: Path) -> Change:
    what = str(file.path)
    if not is_there(file.path):
        return Change(what, Outcome.GONE)

    def again() -> Result:
        return import_file(
            file.path,
            file.kind,
            engine,
            data_dir,
            mapping=file.mapping,
            language=file.language,
        )

    return _change(what, Outcome.CHANGED, again, Message("songs-kept"))


def _added(path: Path, folder: Path, engine: Engine, data_dir: Path) -> Change:
    kind = kind_of(path) or "table"
    return _change(
        str(path), Outcome.NEW, lambda: import_file(path, kind, engine, data_dir, folder=folder)
    )


def _change(
    what: str, outcome: Outcome, act: Callable[[], Result], *consolation: Message
) -> Change:
    try:
        done = act()
    except SourceError as error:
        problem = error.message
    except Exception as error:  # noqa: BLE001 - a broken file must not stop the others
        _log.warning("a file cannot be refreshed: %s", type(error).__name__)
        problem = Message("file-failed", {"kind": type(error).__name__})
    else:
        if done.unchanged and not (done.added or done.removed):
            return Change(what, Outcome.UNCHANGED)
        return Change(what, outcome, done.added, done.removed, left_out(done))
    return Change(what, Outcome.FAILED, problem=(problem, *consolation))
