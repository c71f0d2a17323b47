"""Backups that somebody made up, and databases that are damaged, on every database."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from recommender.db.backup import BESIDE, put_back, put_damaged_aside, restore
from recommender.db.backup_check import opened_backup, tables_of
from recommender.errors import BadBackup
from tests.fakes.crafted import CRAFTED
from tests.fakes.damage import mutated

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.catalogue.store import Catalogue

MUTATIONS = 40


@pytest.fixture
def backup(tmp_path: Path, catalogue: Catalogue) -> Path:
    path = tmp_path / "backup.db"
    catalogue.back_up(path)
    return path


def craft(path: Path, script: str) -> None:
    with closing(sqlite3.connect(path)) as file:
        file.executescript(script)


def test_a_crafted_backup_is_refused_in_a_sentence_and_changes_nothing(
    backup: Path, tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    for name, script in CRAFTED.items():
        path = tmp_path / "crafted.db"
        shutil.copy(backup, path)
        craft(path, script)
        with pytest.raises(BadBackup, match=r"^The file crafted.db [a-z ]+\.$"):
            pytest.fail(f"{name} was restored: {restore(path, engine)}")
        assert catalogue.artists() == ["Beyoncé"], name


def test_what_else_is_in_a_backup_is_neither_run_nor_restored(
    backup: Path, tmp_path: Path, engine: Engine, catalogue: Catalogue
) -> None:
    craft(
        backup,
        "PRAGMA journal_mode = WAL; CREATE TABLE shopping (item); CREATE VIEW v AS SELECT 1;"
        "CREATE TRIGGER t AFTER INSERT ON tracks BEGIN DELETE FROM artists; END;"
        "ALTER TABLE tracks ADD COLUMN more TEXT",
    )
    restore(backup, engine)
    assert catalogue.artists() == ["Beyoncé"]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("backup.db-")]
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT genre FROM tracks")
        with pytest.raises(Exception, match="more"):
            connection.exec_driver_sql("SELECT more FROM tracks")


def test_a_database_is_not_restored_from_itself(engine: Engine, catalogue: Catalogue) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("no file")
    with pytest.raises(BadBackup, match="is the database itself"):
        restore(_file(engine), engine)
    assert catalogue.artists() == ["Beyoncé"]


def _file(engine: Engine) -> Path:
    from pathlib import Path

    with engine.connect() as connection:
        asked = "SELECT file FROM pragma_database_list WHERE name = 'main'"
        return Path(connection.exec_driver_sql(asked).scalar_one())


def test_a_damaged_backup_is_refused_or_whole(backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    refused = 0
    for number in range(MUTATIONS):
        path = tmp_path / "damaged.db"
        # S311: the same files every time.
        path.write_bytes(mutated(content, random.Random(number)))  # noqa: S311
        try:
            with opened_backup(path) as (_, revision, tables):
                assert tables is tables_of(revision)
        except BadBackup:
            refused += 1
    assert refused > MUTATIONS / 10


@pytest.mark.parametrize("what", ["text", "half", "header", "middle", "schema", "name", "view"])
def test_a_damaged_database_is_put_aside_and_comes_back(tmp_path: Path, what: str) -> None:
    file = tmp_path / "catalogue.db"
    craft(file, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(50000))")
    assert put_damaged_aside(file) is None
    content = file.read_bytes()
    damaged = {
        "text": b"no database" * 1000,
        "half": content[: len(content) // 2],
        "header": bytes(100) + content[100:],
        "middle": content[:8192] + b"\xff" * 8192 + content[16384:],
        "schema": content.replace(b"CREATE TABLE t", b"CREATE TABXX t"),
        "name": content.replace(b"tt\x02CREATE TABLE t", b"\xff\xff\x02CREATE TABXX t"),
        "view": content,
    }
    file.write_bytes(damaged[what])
    if what == "view":
        craft(file, "CREATE VIEW v AS SELECT 1")
    kept = file.read_bytes()
    file.with_name("catalogue.db-wal").write_bytes(b"")
    aside = put_damaged_aside(file)
    assert aside is not None
    assert aside.read_bytes() == kept
    assert aside.name.startswith("catalogue-damaged-")
    assert not any(file.with_name(file.name + ending).exists() for ending in BESIDE)
    file.write_bytes(b"half made")
    put_back(aside, file)
    assert file.read_bytes() == kept
    assert not aside.exists()
    assert put_damaged_aside(tmp_path / "none.db") is None
