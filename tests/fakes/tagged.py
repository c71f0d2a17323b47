"""Tagging folders in this process, and what of it is in the library."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recommender.library.file_tagging import Fingerprint, TagResult, tag_file
from recommender.library.recordings import OWNER, Recordings
from recommender.library.tagging import tag_folders
from tests.fakes.taggers import LoudnessTagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from detectors.types import AudioTagger
    from recommender.library.tagging_report import TaggingReport


class NotingHere:
    """Tags many files in this process, and notes which."""

    def __init__(self, tagger: AudioTagger) -> None:
        self.tagger = tagger
        self.heard: list[str] = []

    @property
    def version(self) -> str:
        """The tagger's."""
        return self.tagger.version

    def tag_files(
        self, files: Iterable[Fingerprint], stopping: Callable[[], bool]
    ) -> Iterator[tuple[Fingerprint, TagResult]]:
        """Give what the tagger says, in turn."""
        for file in files:
            if stopping():
                return
            if not file.tags_only:
                self.heard.append(file.path.name)
            yield file, tag_file(file, self.tagger)


def tag(engine: Engine, *folders: Path, **options: object) -> TaggingReport:
    """Tag folders; how long that took is left out."""
    report = tag_folders(engine, folders, LoudnessTagger, **options)  # type: ignore[arg-type]
    return replace(report, took_s=0.0)


def names(engine: Engine) -> dict[str, str]:
    """Return the names of files by title."""
    return {one.title: one.path.name for one in Recordings(engine).of(OWNER)}


def key(engine: Engine, title: str) -> str:
    """Return the key of a song of the owner."""
    return next(one.key for one in Recordings(engine).of(OWNER) if one.title == title)
