"""Several processes that hear files, and files that kill them."""

from __future__ import annotations

import io
import json
import os
import time
from typing import TYPE_CHECKING

import pytest

from detectors.types import Message, MusicScores
from recommender.errors import CannotTag
from recommender.library import worker, worker_process
from recommender.library.file_tagging import (
    Fingerprint,
    TagResult,
    fingerprint,
    mtime_stamp,
    tag_file,
)
from recommender.library.messages import from_fingerprint, name_of, read_line, to_result, write_line
from recommender.library.pool import cores, pool
from recommender.library.worker import serve
from recommender.library.worker_process import TRIES
from tests.fakes.taggers import (
    BrokenTagger,
    DeadTagger,
    LoudnessTagger,
    RoughTagger,
    write_wav,
)

if TYPE_CHECKING:
    from pathlib import Path

    from detectors.types import AudioTagger


def looks(folder: Path, *names: str) -> list[Fingerprint]:
    return [
        fingerprint(write_wav(folder / name, 0.01 * number + 0.01))
        for number, name in enumerate(names)
    ]


def log_into(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have `RoughTagger` write each hearing into a file."""
    monkeypatch.setenv("HEARD_LOG", str(log))
    monkeypatch.setattr(worker_process, "KEPT", worker_process.KEPT | {"HEARD_LOG"})


def heard(
    given: list[Fingerprint], count: int = 2, patience_s: float = 60.0
) -> dict[str, TagResult]:
    with pool(RoughTagger, count, patience_s=patience_s) as hearers:
        assert hearers.version == RoughTagger.version
        return {look.path.name: said for look, said in hearers.tag_files(given)}


def test_every_file_is_heard_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log_into(tmp_path / "log", monkeypatch)
    given = looks(tmp_path, *(f"slow{number}.wav" for number in range(20)))
    said = heard(given)
    assert set(said) == {look.path.name for look in given}
    assert all(isinstance(one.scores, MusicScores) for one in said.values())
    lines = (tmp_path / "log").read_text().splitlines()
    assert len(lines) == 20
    # Two processes had a part in it.
    assert len({line.split()[0] for line in lines}) == 2


def test_what_kills_raises_or_never_ends_stops_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_into(tmp_path / "log", monkeypatch)
    names = ["a.wav", "deadly.wav", "b.wav", "raising.wav", "endless.wav", "c.wav", "d.wav"]
    said = heard(looks(tmp_path, *names), patience_s=3.0)
    assert {name for name, one in said.items() if one.problem is None} == {
        *("a.wav", "b.wav", "c.wav", "d.wav")
    }
    assert said["deadly.wav"] == TagResult(problem=Message("hearing-ended-signal", {"code": 9}))
    assert said["raising.wav"].problem == Message("hearing-failed", {"kind": "ZeroDivisionError"})
    assert said["endless.wav"] == TagResult(problem=Message("hearing-too-late"))
    lines = [line.split()[1] for line in (tmp_path / "log").read_text().splitlines()]
    # Once more, for something else may have killed it; what never ends is not begun again.
    assert lines.count("deadly.wav") == TRIES
    assert lines.count("endless.wav") == 1


def test_no_more_files_are_taken_than_there_is_room_for(tmp_path: Path) -> None:
    given = looks(tmp_path, *(f"slow{number}.wav" for number in range(12)))
    taken: list[Fingerprint] = []
    with pool(RoughTagger, 1) as hearers:
        for done, _ in enumerate(
            hearers.tag_files(look for look in given if not taken.append(look))
        ):
            assert len(taken) <= done + 2
    assert taken == given


def test_a_stop_is_noticed_while_a_file_is_heard(tmp_path: Path) -> None:
    began = time.monotonic()
    with pool(RoughTagger, 1) as hearers:
        endless = looks(tmp_path, "endless.wav", "endless2.wav")
        assert list(hearers.tag_files(endless, lambda: time.monotonic() - began > 1)) == []
    assert time.monotonic() - began < 30
    assert all(one._process.returncode is not None for one in hearers._all)


@pytest.mark.parametrize(
    ("factory", "problem"),
    [
        (BrokenTagger, "cannot be loaded: The file music.tflite is not the one"),
        (DeadTagger, "the process that loads them ended"),
    ],
)
def test_a_tagger_that_cannot_be_made_is_said_at_once(
    factory: type[AudioTagger], problem: str
) -> None:
    with pytest.raises(CannotTag, match=problem), pool(factory, 2):
        pytest.fail("there is nobody to hear")


def test_a_file_that_changed_or_went_is_not_taken_for_what_it_was(tmp_path: Path) -> None:
    (look,) = looks(tmp_path, "x.wav")
    write_wav(look.path, 0.9)
    assert tag_file(look, LoudnessTagger()) == TagResult(
        problem=Message("file-changed"), permanent=False
    )
    look.path.unlink()
    assert tag_file(look, LoudnessTagger()) == TagResult(
        problem=Message("unreadable"), permanent=False
    )


def test_a_stamp_changes_with_each_writing_even_when_the_time_is_set_back(tmp_path: Path) -> None:
    path = write_wav(tmp_path / "x.wav", 0.1)
    before, size = mtime_stamp(path)
    assert size == path.stat().st_size
    times = path.stat().st_atime_ns, path.stat().st_mtime_ns
    time.sleep(0.02)
    write_wav(path, 0.2)
    os.utime(path, ns=times)
    assert path.stat().st_mtime_ns == times[1]
    assert mtime_stamp(path)[0] != before


def test_a_worker_answers_in_turn_and_ends_with_its_input(tmp_path: Path) -> None:
    (look,) = looks(tmp_path, "x.wav")
    asked, answers = io.BytesIO(), io.BytesIO()
    write_line(asked, {"factory": name_of(LoudnessTagger)})
    write_line(asked, {"look": from_fingerprint(look)})
    asked.seek(0)
    with pytest.raises(EOFError):
        serve(asked, answers)
    answers.seek(0)
    assert read_line(answers) == {"version": LoudnessTagger.version, "problem": None}
    assert to_result(read_line(answers)) == tag_file(look, LoudnessTagger())
    broken = io.BytesIO()
    serve(io.BytesIO(b'{"factory": "%s"}\n' % str(name_of(BrokenTagger)).encode()), broken)
    assert json.loads(broken.getvalue())["version"] is None


def test_a_worker_ends_when_its_parent_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(status: int) -> None:
        raise SystemExit(status)

    parents = iter([7, 7, 1])
    monkeypatch.setattr(worker, "LOOK_S", 0.0)
    monkeypatch.setattr(worker.os, "getppid", lambda: next(parents))
    monkeypatch.setattr(worker.os, "_exit", leave)
    with pytest.raises(SystemExit):
        worker.end_with(7)
    assert list(parents) == []


def test_there_is_a_core() -> None:
    assert cores() >= 1
