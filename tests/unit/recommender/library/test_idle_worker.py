"""The process that hears what is dropped: kept, ended, and taken along by a file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectors.types import Message
from recommender.errors import CannotTag
from recommender.library import worker_process
from recommender.library.file_tagging import Fingerprint, fingerprint
from recommender.library.pool import IDLE_S, IdleWorker
from tests.busy import LATE_S
from tests.fakes.commands import ROOT
from tests.fakes.taggers import (
    ENDLESS_LOUDNESS,
    BrokenTagger,
    DeadTagger,
    FragileTagger,
    write_wav,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from detectors.types import AudioTagger

PATIENCE_S = 60.0
GOOD, DEADLY, ENDLESS = 0.3, 0.95, ENDLESS_LOUDNESS / 2


@pytest.fixture
def kept() -> Iterator[Callable[..., IdleWorker]]:
    made: list[IdleWorker] = []

    def make(factory: type[AudioTagger] = FragileTagger, **options: float) -> IdleWorker:
        made.append(IdleWorker(factory, **options))
        return made[-1]

    yield make
    for one in made:
        one.rest()
        assert not one.is_ready


def look(folder: Path, loudness: float) -> Fingerprint:
    return fingerprint(write_wav(folder / f"{loudness}.wav", loudness))


def process_of(worker: IdleWorker) -> int:
    assert worker._worker is not None
    return worker._worker._process.pid


def is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    # One that nobody has waited for is there, and is not.
    status = Path(f"/proc/{number}/stat")
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up, "it does not come"
        time.sleep(0.05)


def test_one_process_hears_one_file_after_the_other(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    worker = kept()
    assert not worker.is_ready
    worker.start()
    assert worker.is_ready
    first = process_of(worker)
    for loudness in (GOOD, 0.4):
        version, said = worker.tag_file(look(tmp_path, loudness))
        assert version == FragileTagger.version
        assert said.scores is not None
        assert said.scores.quadrants[1] == pytest.approx(loudness, abs=0.01)
    worker.start()
    assert process_of(worker) == first
    assert first != os.getpid()


def test_a_file_that_kills_it_is_a_sentence_and_the_next_one_is_heard(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    worker = kept()
    _, said = worker.tag_file(look(tmp_path, DEADLY))
    assert said.problem == Message("hearing-ended-signal", {"code": 9})
    assert not worker.is_ready
    version, said = worker.tag_file(look(tmp_path, GOOD))
    assert (version, said.problem) == (FragileTagger.version, None)


@pytest.mark.slow
def test_a_file_without_an_end_is_given_up(kept: Callable[..., IdleWorker], tmp_path: Path) -> None:
    # A good file is heard within that, on a busy machine, too.
    worker = kept(patience_s=3 * LATE_S)
    _, said = worker.tag_file(look(tmp_path, ENDLESS))
    assert said.problem == Message("hearing-too-late")
    assert worker.tag_file(look(tmp_path, GOOD))[1].problem is None


@pytest.mark.slow
def test_one_that_was_killed_while_nobody_asked_is_no_fault_of_the_file(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    worker = kept()
    worker.start()
    os.kill(process_of(worker), signal.SIGKILL)
    wait_for(lambda: not worker.is_ready)
    assert worker.tag_file(look(tmp_path, GOOD))[1].problem is None


@pytest.mark.slow
def test_it_ends_when_nobody_has_asked_for_a_while_and_starts_again(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    assert 60 <= IDLE_S <= 1800
    worker = kept(idle_s=0.3)
    worker.start()
    first = process_of(worker)
    wait_for(lambda: not worker.is_ready)
    assert not is_there(first)
    for _ in range(3):
        assert worker.tag_file(look(tmp_path, GOOD))[1].problem is None
    again = process_of(worker)
    # Each file begins the while anew.
    assert again != first
    wait_for(lambda: not worker.is_ready)


def test_a_while_that_ends_when_a_file_has_just_come_ends_nothing(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    worker = kept()
    worker.start()
    before = worker._end_of_idling
    assert before is not None
    worker.tag_file(look(tmp_path, GOOD))
    worker._rest_by(before)
    assert worker.is_ready


def test_several_threads_are_heard_in_turn(kept: Callable[..., IdleWorker], tmp_path: Path) -> None:
    worker = kept()
    energies: list[float] = []

    def hear(loudness: float) -> None:
        said = worker.tag_file(look(tmp_path, loudness))[1]
        assert said.scores is not None
        energies.append(round(said.scores.quadrants[1] - loudness, 2))

    threads = [threading.Thread(target=hear, args=[0.1 + 0.1 * n]) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert energies == [0.0] * 6


@pytest.mark.parametrize("factory", [BrokenTagger, DeadTagger])
def test_without_models_one_sentence_says_so_and_no_process_stays(
    kept: Callable[..., IdleWorker], factory: type[AudioTagger], tmp_path: Path
) -> None:
    worker = kept(factory)
    for ask in (worker.start, lambda: worker.tag_file(look(tmp_path, GOOD))):
        with pytest.raises(CannotTag, match=r"^The music models cannot be loaded: .*\.$"):
            ask()
        assert not worker.is_ready


def test_where_no_process_can_be_started_one_sentence_says_so(
    kept: Callable[..., IdleWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_process.sys, "executable", "/nowhere/python")
    with pytest.raises(CannotTag, match="No further process can be started"):
        kept().start()


@pytest.mark.slow
def test_what_goes_wrong_otherwise_leaves_no_answer_for_the_next_file(
    kept: Callable[..., IdleWorker], tmp_path: Path
) -> None:
    worker = kept()
    worker.start()
    first = process_of(worker)
    with pytest.raises(AttributeError):
        worker.tag_file(lambda: None)  # type: ignore[arg-type] # cannot be sent
    assert not is_there(first)
    assert worker.tag_file(look(tmp_path, GOOD))[1].problem is None


HEARS_ENDLESSLY = """
import sys
from pathlib import Path
from recommender.library.file_tagging import fingerprint
from recommender.library.pool import IdleWorker
from tests.fakes.taggers import FragileTagger

worker = IdleWorker(FragileTagger)
worker.start()
print(worker._worker._process.pid, flush=True)
worker.tag_file(fingerprint(Path(sys.argv[1])))
"""


def test_whoever_started_it_takes_it_along_whatever_it_hears(tmp_path: Path) -> None:
    path = str(look(tmp_path, ENDLESS).path)
    with subprocess.Popen(
        [sys.executable, "-c", HEARS_ENDLESSLY, path], cwd=ROOT, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        time.sleep(0.5)
        assert is_there(worker)
        parent.kill()
    wait_for(lambda: not is_there(worker))
