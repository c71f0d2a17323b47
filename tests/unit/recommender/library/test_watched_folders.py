"""Folders of music that are remembered, and forgotten with their songs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from recommender.library.recordings import Recordings, Scope
from recommender.library.scan import forget, unwatch, watch, watched
from recommender.listeners.store import id_of
from recommender.wiring import open_engine
from tests.fakes.library import keep_song

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

ME = id_of("me")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path)
    yield opened
    opened.dispose()


def song(engine: Engine, path: Path, listener: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(path))
    keep_song(engine, path.stem, path=path, listener=listener)


def titles(engine: Engine) -> list[str]:
    return [one.title for one in Recordings(engine).of(Scope(ME, owner=True))]


def test_a_folder_is_remembered_once_and_forgotten(engine: Engine, tmp_path: Path) -> None:
    for name in ("b", "a", "a"):
        watch(engine, tmp_path / name)
    assert watched(engine) == [tmp_path / "a", tmp_path / "b"]
    unwatch(engine, tmp_path / "a")
    assert watched(engine) == [tmp_path / "b"]


def test_its_songs_go_with_it_but_for_those_of_other_folders_and_listeners(
    engine: Engine, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    for folder in (music, music / "live", tmp_path / "musical"):
        watch(engine, folder)
        song(engine, folder / f"In {folder.name}.mp3")
    song(engine, music / "deep" / "Deep.mp3")
    song(engine, music / "Dropped.mp3", ME)
    forget(engine, music)
    assert titles(engine) == ["Dropped", "In live", "In musical"]
    assert (music / "In music.mp3").exists()
    assert watched(engine) == [music / "live", tmp_path / "musical"]


def test_forgetting_what_holds_nothing_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    song(engine, tmp_path / "a" / "Stays.mp3")
    forget(engine, tmp_path / "b")
    assert titles(engine) == ["Stays"]
