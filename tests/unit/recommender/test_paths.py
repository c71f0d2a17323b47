"""Nobody else on the machine reads what is kept of listeners."""

from __future__ import annotations

import os
import stat
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command

from recommender.catalogue.starter import COLUMNS
from recommender.db.backup import BACKUP_FOLDER
from recommender.db.engine import FILE_NAME, make_engine, write_transaction
from recommender.db.schema import alembic_config
from recommender.ingest.table_import import IMPORT_FOLDER, import_table
from recommender.paths import FILE_MODE, FOLDER_MODE, keep_private
from recommender.wiring import open_catalogue

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows keeps folders by itself")
WIDE_FOLDER, WIDE_FILE = 0o755, 0o644


def modes(*paths: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in paths]


@pytest.fixture(autouse=True)
def usual_umask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    path = tmp_path / "starter.csv"
    path.write_text(f"{','.join(COLUMNS)}\n")
    return path


def database_files(folder: Path) -> list[Path]:
    return [folder / f"{FILE_NAME}{ending}" for ending in ("", "-wal", "-shm")]


def test_a_new_database_and_all_that_is_made_beside_it_is_its_owners_alone(
    tmp_path: Path, starter: Path
) -> None:
    data = tmp_path / "parent" / "data"
    table = tmp_path / "table.csv"
    table.write_text(
        "track_name,artist_name,valence,energy\nHalo,Beyoncé,0.5,0.5\nNo place,Nobody,?,?\n"
    )
    with closing(open_catalogue(data, starter=starter)) as catalogue:
        done = import_table(table, catalogue.engine, data, source="mine")
        catalogue.back_up(tmp_path / "mine.db")
        assert done.side_file is not None
        assert modes(data, data / IMPORT_FOLDER) == [FOLDER_MODE] * 2
        private = [*database_files(data), done.side_file, tmp_path / "mine.db"]
        assert modes(*private) == [FILE_MODE] * 5
    # The folder above is not ours to narrow.
    assert modes(data.parent) == [WIDE_FOLDER]


def test_the_backup_before_a_migration_is_its_owners_alone(tmp_path: Path, starter: Path) -> None:
    engine = make_engine(tmp_path)
    with write_transaction(engine) as connection:
        command.upgrade(alembic_config(connection), "0003")
    engine.dispose()
    open_catalogue(tmp_path, starter=starter).close()
    folder = tmp_path / BACKUP_FOLDER
    assert modes(folder, *folder.iterdir()) == [FOLDER_MODE, FILE_MODE]


def test_what_others_could_read_is_narrowed_at_the_next_opening(
    tmp_path: Path, starter: Path
) -> None:
    with closing(open_catalogue(tmp_path, starter=starter)):
        tmp_path.chmod(WIDE_FOLDER)
        for path in database_files(tmp_path):
            path.chmod(WIDE_FILE)
        with closing(open_catalogue(tmp_path, starter=starter)):
            assert modes(tmp_path, *database_files(tmp_path)) == [FOLDER_MODE] + [FILE_MODE] * 3


def test_a_folder_of_everybodys_and_what_is_not_ours_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, theirs = tmp_path / "shared", tmp_path / "theirs"
    for folder in (shared, theirs):
        folder.mkdir()
    shared.chmod(0o1777)
    keep_private(shared)
    keep_private(tmp_path / "missing")
    with monkeypatch.context() as patched:
        patched.setattr(os, "geteuid", lambda: theirs.stat().st_uid + 1)
        keep_private(theirs)
    assert modes(shared, theirs) == [0o1777, WIDE_FOLDER]


def test_a_change_that_is_refused_stops_nothing(
    tmp_path: Path, starter: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    tmp_path.chmod(WIDE_FOLDER)
    monkeypatch.setattr(Path, "chmod", refuse)
    open_catalogue(tmp_path, starter=starter).close()
    assert modes(tmp_path) == [WIDE_FOLDER]
