"""Incremental tagging of the owner's folders."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Engine

from detectors.types import AudioTagger, Message
from recommender.errors import UnreadableTable
from recommender.library.file_tagging import Fingerprint, TaggerPool, TagResult, fingerprint
from recommender.library.pool import cores, pool
from recommender.library.reconcile import Reconciler, model_of
from recommender.library.scan import find_audio_files
from recommender.library.tagging_report import Progress, TaggingReport
from recommender.library.writer import TaggedFile, retry_while_busy, save_recording
from recommender.paths import absolute, is_folder


def tag_folders(
    engine: Engine,
    folders: Sequence[Path],
    factory: Callable[[], AudioTagger],
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
    stopping: Callable[[], bool] = lambda: False,
) -> TaggingReport:
    """Tag the owner's music in some folders and their subfolders.

    A file with an unchanged stamp is not read. Other files are identified by the digest of their
    content: a content that the same model has tagged keeps its recording, wherever the file lies
    now. Each result is saved at once, so that an interrupted run is continued by the next.

    A recording whose file is missing is removed, unless a person has corrected it: then it is
    archived until the file reappears. Nothing is removed for a folder that is missing or has no
    music left, because its disk may not be mounted.

    Parameters
    ----------
    factory : callable
        Module-level class or function that makes a tagger; called in other processes.
    workers : int or None, worker processes on this machine; None for one per core
    scheduler : str or None, address of a Dask scheduler; its workers are used instead
    progress : callable, receives the progress after each file
    stopping : callable, asked after each file whether to stop

    Raises
    ------
    CannotTag
        When there is no tagger, no scheduler, or too much music.
    Unavailable
        When the database cannot be used.
    """
    started = time.monotonic()
    with tagger_pool(factory, workers or cores(), scheduler) as taggers:
        return _Run(engine, taggers, progress, stopping).over(folders, started)


def tagger_pool(
    factory: Callable[[], AudioTagger], workers: int, scheduler: str | None
) -> AbstractContextManager[TaggerPool]:
    """Return a pool of processes here, or of the workers of a Dask scheduler."""
    if scheduler is None:
        return pool(factory, workers)
    from recommender.library.cluster import cluster  # imports Dask, which is large

    return cluster(scheduler, factory)


class _Run:
    """One tagging run."""

    def __init__(
        self,
        engine: Engine,
        taggers: TaggerPool,
        progress: Callable[[Progress], None],
        stopping: Callable[[], bool],
    ) -> None:
        self._engine = engine
        self._taggers = taggers
        self._tell = progress
        self._stopping = stopping
        self._reconciler = Reconciler(engine, taggers.version)
        self._problems: list[tuple[Path, Message]] = []
        # Paths whose recordings must not count as missing: unreadable, or tagged in vain.
        self._untouched: set[Path] = set()
        self._tagged = self._done = self._total = 0
        self._sound_s = 0.0
        self._since = time.monotonic()
        self._at_first = 0

    def over(self, folders: Sequence[Path], started: float) -> TaggingReport:
        """Tag the folders and return the report."""
        roots, files = self._found(folders)
        new = [path for path in files if not self._reconciler.is_unchanged(path)]
        self._total, self._done = len(files), len(files) - len(new)
        self._since, self._at_first = time.monotonic(), self._done
        self._tell(Progress(self._done, self._total))
        for file, result in self._taggers.tag_files(self._untagged(new), self._stopping):
            self._keep(file, result)
            self._step(file.path)
        stopped = self._stopping()
        if not stopped:
            self._reconciler.remove_missing(roots, set(files), self._untouched)
        counts = self._reconciler.counts
        return TaggingReport(
            tagged=self._tagged,
            unchanged=counts.unchanged,
            moved=counts.moved,
            removed=counts.removed,
            archived=counts.archived,
            known_problems=counts.problems,
            problems=tuple(self._problems),
            sound_s=self._sound_s,
            took_s=time.monotonic() - started,
            stopped=stopped,
        )

    def _found(self, folders: Sequence[Path]) -> tuple[list[Path], list[Path]]:
        """Return the folders that can be scanned, and the music in them, each file once."""
        roots, files = [], dict[Path, None]()
        for named in folders:
            try:
                folder = absolute(named)
            except UnreadableTable:
                self._problems.append((named, Message("name-no-text")))
                continue
            if not is_folder(folder):
                self._problems.append((folder, Message("folder-missing")))
                continue
            music = find_audio_files(folder)
            for unreadable in music.unreadable:
                self._problems.append((unreadable, Message("unreadable")))
                self._untouched.add(unreadable)
            if not music.files and not music.unreadable and self._reconciler.any_below(folder):
                self._problems.append((folder, Message("folder-empty")))
                continue
            roots.append(folder)
            files.update(dict.fromkeys(music.files))
        return roots, list(files)

    def _untagged(self, paths: Sequence[Path]) -> Iterator[Fingerprint]:
        """Yield the files that need tagging, and settle the others."""
        for path in paths:
            if self._stopping():
                return
            try:
                file = fingerprint(path)
            except OSError:
                self._problems.append((path, Message("unreadable")))
                self._untouched.add(path)
            else:
                if (left := self._reconciler.reuse_if_known(file)) is not None:
                    yield left
                    continue
            self._step(path)

    def _keep(self, file: Fingerprint, result: TagResult) -> None:
        if file.tags_only:
            if result.tags is not None:
                self._reconciler.set_title(file, result.tags.title)
            return
        if result.problem is not None:
            self._problems.append((file.path, result.problem))
        if not result.permanent:
            self._untouched.add(file.path)
            return
        tags = result.tags_of(file)
        tagged = TaggedFile(
            file.path,
            file.sha256,
            file.stamp,
            file.size,
            tags,
            model_of(self._taggers.version, usable=result.problem is None),
            result.scores,
            result.problem,
        )
        retry_while_busy(lambda: save_recording(self._engine, tagged))
        if result.problem is None:
            self._tagged += 1
            self._sound_s += tags.seconds or 0.0

    def _step(self, path: Path) -> None:
        self._done += 1
        new, took = self._done - self._at_first, time.monotonic() - self._since
        left = took / new * (self._total - self._done)
        self._tell(Progress(self._done, self._total, path, left))
