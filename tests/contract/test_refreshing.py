"""Refreshing what was imported, on every database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from detectors.types import Message
from recommender.db.app_state import put_state
from recommender.db.engine import make_engine
from recommender.db.response_cache import ResponseCache
from recommender.db.tables import Base, TrackRow
from recommender.errors import Unavailable
from recommender.ingest import refresh as ingest_refresh
from recommender.ingest import refresh_report
from recommender.ingest.discovery import Found
from recommender.ingest.refresh import import_file, refresh
from recommender.ingest.refresh_report import Change, Outcome, Refreshed, last_report, save_report
from recommender.ingest.registry import imported_files, register_folder, registered_folders
from recommender.paths import absolute
from recommender.types import MAX_TEXT_LENGTH
from recommender.wording import sentences

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from recommender.ingest.refresh_report import Result

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    folder = tmp_path / "music"
    folder.mkdir()
    return folder


def write(path: Path, *titles: str) -> Path:
    """Write a table, or a playlist, of songs by X."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".m3u":
        lines = [f"#EXTINF:0,X - {title}" for title in titles]
    else:
        lines = ["title,artist", *(f"{title},X" for title in titles)]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return path


def titles(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return sorted(set(connection.scalars(select(TrackRow.title))) - {"Halo"})


def sources(engine: Engine) -> dict[str, str]:
    return {origin.source: origin.path.name for origin in imported_files(engine)}


def bring_all(engine: Engine, folder: Path, *paths: Path) -> list[Result]:
    register_folder(engine, folder)
    return [
        import_file(
            path,
            "playlist" if path.suffix == ".m3u" else "table",
            engine,
            folder.parent,
            folder=folder,
        )
        for path in paths
    ]


def test_a_refresh_says_of_each_file_what_became_of_it(
    tmp_path: Path, music: Path, engine: Engine
) -> None:
    changed, same, gone, broken = (
        write(music / f"{name}.csv", "One", "Two") for name in ("changed", "same", "gone", "broken")
    )
    playlist = write(music / "list.m3u", "Three")
    bring_all(engine, music, changed, same, gone, broken, playlist)
    write(changed, "Two", "Four", "Five")
    broken.write_text("nothing\n")
    gone.unlink()
    new = write(music / "more" / "new.csv", "Six", "")
    steps: list[tuple[int, int]] = []
    done = refresh(engine, tmp_path, progress=lambda *step: steps.append(step), now=lambda: NOW)
    assert done.at == NOW
    assert done.failed
    said = dict(line.split(": ", 1) for line in done.lines())
    assert said.pop(str(broken)).endswith(" Its songs are kept.")
    assert said == {
        str(changed): "2 songs came, 1 went.",
        str(gone): "no longer there; its songs are kept.",
        str(new): "new, 1 song. 1 row is no song. The first is line 3: It has no title.",
        str(same): "unchanged.",
        str(playlist): "unchanged.",
    }
    assert steps == [(number, 6) for number in range(1, 7)]
    assert titles(engine) == ["Five", "Four", "One", "Six", "Three", "Two"]
    report = last_report(engine)
    assert report is not None
    assert (report.at, list(report.lines), report.failed) == (NOW, done.lines(), True)
    again = refresh(engine, tmp_path)
    assert {change.outcome for change in again.changes} == {
        Outcome.UNCHANGED,
        Outcome.GONE,
        Outcome.FAILED,
    }


def test_a_table_is_read_again_as_it_was_told(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Lied,artist\nOne,X\n")
    import_file(path, "table", engine, tmp_path, mapping={"title": "Lied"}, language="Frisian")
    path.write_text("Lied,artist\nTwo,X\n")
    (change,) = refresh(engine, tmp_path).changes
    assert change == Change(str(path), Outcome.CHANGED, added=1, removed=1)
    with engine.connect() as connection:
        asked = select(TrackRow.language).where(TrackRow.title == "Two")
        assert connection.scalar(asked) == "Frisian"


def test_of_a_folder_that_has_gone_one_line_is_said(
    tmp_path: Path, music: Path, engine: Engine
) -> None:
    bring_all(engine, music, write(music / "a.csv", "One"), write(music / "b" / "c.m3u", "Two"))
    music.rename(tmp_path / "away")
    done = refresh(engine, tmp_path)
    assert done.changes == (Change(str(music), Outcome.GONE),)
    assert not done.failed
    assert titles(engine) == ["One", "Two"]


def test_a_folder_that_cannot_be_read_whole_stops_nothing(
    tmp_path: Path, music: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring_all(engine, music, write(music / "a.csv", "One"))
    monkeypatch.setattr("recommender.ingest.discovery.MAX_FILES", 0)
    failed, same = refresh(engine, tmp_path).changes
    values = {"folder": "music", "most": 0}
    assert failed.problem == (Message("folder-too-many-tables", values),)
    assert same.outcome is Outcome.UNCHANGED


def test_folders_inside_that_cannot_be_read_are_named(
    tmp_path: Path, music: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = write(music / "a.csv", "One")
    register_folder(engine, music)
    monkeypatch.setattr(ingest_refresh, "files_in", lambda _: Found((new,), (music / "bad",)))
    done = refresh(engine, tmp_path)
    assert done.lines() == [f"{music / 'bad'}: The folder cannot be read.", f"{new}: new, 1 song."]
    assert done.failed


@pytest.mark.parametrize("error", [Unavailable("No."), ZeroDivisionError("secret")])
def test_one_failing_file_never_stops_the_rest(
    tmp_path: Path,
    music: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    paths = [write(music / f"{name}.csv", name) for name in "abc"]
    bring_all(engine, music, *paths)

    def fail_at_first(path: Path, *others: object, **options: object) -> Result:
        if path == paths[0]:
            raise error
        return import_file(path, *others, **options)

    monkeypatch.setattr(ingest_refresh, "import_file", fail_at_first)
    write(paths[2], "d")
    done = refresh(engine, tmp_path)
    outcomes = [change.outcome for change in done.changes]
    assert outcomes == [Outcome.FAILED, Outcome.UNCHANGED, Outcome.CHANGED]
    assert "secret" not in "".join(done.lines())
    assert titles(engine) == ["a", "b", "d"]


def test_files_of_one_name_in_different_folders_are_both_kept(
    tmp_path: Path, engine: Engine
) -> None:
    folders = [tmp_path / name / "music" for name in ("one", "two")]
    for number, folder in enumerate(folders):
        write(folder / "a.csv", f"Table {number}")
        write(folder / "b" / "a.csv", f"Deeper {number}")
        write(folder / "a.csv.m3u", f"List {number}")
        register_folder(engine, folder)
    first = refresh(engine, tmp_path)
    assert {change.outcome for change in first.changes} == {Outcome.NEW}
    assert len(titles(engine)) == 6
    names = sources(engine)
    assert {"music/a.csv", "music/b/a.csv", "music/a.csv.m3u"} < set(names)
    assert {change.outcome for change in refresh(engine, tmp_path).changes} == {Outcome.UNCHANGED}
    assert sources(engine) == names


def test_a_file_keeps_its_name_however_it_is_found(
    tmp_path: Path, music: Path, engine: Engine
) -> None:
    path = write(music / "a.csv", "One")
    import_file(path, "table", engine, tmp_path)
    bring_all(engine, music, path)
    register_folder(engine, tmp_path)
    refresh(engine, tmp_path)
    assert sources(engine)["a"] == "a.csv"
    assert list(sources(engine).values()).count("a.csv") == 1


def test_a_name_that_no_column_can_hold_is_shortened(tmp_path: Path, engine: Engine) -> None:
    folder = tmp_path.joinpath("music", *("x" * 100 for _ in range(6)))
    path = write(folder / "a.csv", "One")
    bring_all(engine, tmp_path / "music", path)
    (name,) = sources(engine)
    assert len(name) == MAX_TEXT_LENGTH
    write(path, "Two")
    bring_all(engine, tmp_path / "music", path)
    assert titles(engine) == ["Two"]


def test_a_folder_is_remembered_once(music: Path, engine: Engine) -> None:
    for _ in range(2):
        register_folder(engine, absolute(music))
    assert registered_folders(engine) == [music]


def test_old_answers_are_deleted(tmp_path: Path, engine: Engine) -> None:
    for number in range(3):
        at = NOW + timedelta(seconds=number)
        ResponseCache(engine, now=lambda at=at: at).put(
            "spotify", {"page": number}, "old", timedelta(days=1)
        )
    later, much_later = NOW + timedelta(hours=23), NOW + timedelta(days=2)
    assert refresh(engine, tmp_path, now=lambda: later).expired == 0
    done = refresh(engine, tmp_path, now=lambda: much_later)
    assert done.lines() == ["3 expired answers deleted."]


def test_a_second_refresh_meanwhile_finds_nothing_changed(
    with_tables: str | None,
    tmp_path: Path,
    music: Path,
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = [write(music / "old.csv", "One"), write(music / "old.m3u", "Two")]
    bring_all(engine, music, *old)
    for path in old:
        write(path, f"{path.name} again")
    for name in ("new.csv", "new.m3u"):
        write(music / name, name)
    other = make_engine(tmp_path, with_tables)
    theirs: list[Refreshed] = []

    def overtaken(*others: object, **options: object) -> Result:
        if not theirs:
            monkeypatch.setattr(ingest_refresh, "import_file", import_file)
            theirs.append(refresh(other, tmp_path))
        return import_file(*others, **options)

    monkeypatch.setattr(ingest_refresh, "import_file", overtaken)
    ours = refresh(engine, tmp_path)
    other.dispose()
    assert {change.outcome for change in theirs[0].changes} == {Outcome.CHANGED, Outcome.NEW}
    assert {change.outcome for change in ours.changes} == {Outcome.UNCHANGED}
    assert len(ours.changes) == 4


def test_a_report_that_cannot_be_kept_is_still_given(tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        Base.metadata.tables["choices"].drop(connection)
    done = refresh(engine, tmp_path)
    assert done.failed
    assert done.lines()[-1].startswith("This report: It could not be kept. ")


def test_a_refresh_without_a_database_is_unavailable(tmp_path: Path, engine: Engine) -> None:
    with engine.begin() as connection:
        Base.metadata.tables["origins"].drop(connection)
    with pytest.raises(Unavailable):
        refresh(engine, tmp_path)


def test_of_a_very_long_report_the_beginning_is_kept(engine: Engine) -> None:
    unchanged = [Change(f"{number:0100}", Outcome.UNCHANGED) for number in range(1000)]
    gone = Change("ü" * 1000, Outcome.GONE)
    save_report(engine, Refreshed(NOW, (*unchanged, gone)))
    report = last_report(engine)
    assert report is not None
    assert report.lines[0] == sentences(gone.line())
    *_, last = report.lines
    assert last == f"And {1001 - (len(report.lines) - 1):,} lines more."
    assert sum(map(len, report.lines)) > refresh_report.MAX_BYTES / 2


def test_a_sentence_is_one_line_whatever_a_file_is_called() -> None:
    name = b"a\nb\xff\x1b[31m.csv".decode("utf-8", "surrogateescape")
    assert sentences(Change(name, Outcome.UNCHANGED).line()) == "a b [31m.csv: unchanged."


def test_a_report_of_an_earlier_version_is_shown_as_it_was_kept(engine: Engine) -> None:
    lines = ["a.csv: new, 1 song; 1 row is no song.", "b.csv: unchanged."]
    kept = {"at": NOW.isoformat(), "lines": lines, "failed": False}
    put_state(engine, refresh_report.REPORT, json.dumps(kept))
    assert last_report(engine) == refresh_report.Report(NOW, tuple(lines), failed=False)
