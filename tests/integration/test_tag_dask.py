"""Tagging on a Dask cluster whose parts are killed: nothing is lost, and nothing there twice."""

from __future__ import annotations

import gc
import shutil
import sys
import time
import warnings
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from detectors.types import Message
from recommender.__main__ import main
from recommender.errors import CannotTag
from recommender.library import cluster
from recommender.library.file_tagging import Fingerprint, TagResult
from recommender.library.recordings import OWNER, Recordings
from recommender.library.tagging import tag_folders
from recommender.wiring import open_engine
from tests.fakes.dask_cluster import dask_cluster
from tests.fakes.taggers import BrokenTagger, RoughTagger, write_wav
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine

    from recommender.library.tagging_report import Progress

FILES, KILLED_AT = 60, 20
PATIENCE_S = 120.0


@pytest.fixture(autouse=True)
def collect_what_dask_leaves() -> Iterator[None]:
    """Let no later test meet a socket that Dask opened towards a process that was killed."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    opened = open_engine(tmp_path / "data")
    yield opened
    opened.dispose()


@pytest.fixture
def music(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Files that take a moment each; who hears them says so in ``heard``."""
    monkeypatch.setenv("HEARD_LOG", str(tmp_path / "heard"))
    for number in range(FILES):
        write_wav(tmp_path / "music" / f"slow{number:02}.wav", 0.005 * number + 0.01)
    return tmp_path / "music"


class Task:
    """A task that is done; its result may have been lost on its way, as Dask's `sync` tells it.

    takes_s : seconds to fetch it
    """

    def __init__(self, *, lost: bool = False, takes_s: float = 0.0) -> None:
        self._lost, self._takes_s = lost, takes_s
        self.fetched: list[float] = []

    def cancelled(self) -> bool:
        return self._lost

    def add_done_callback(self, tell: Callable[[Task], None]) -> None:
        tell(self)

    def result(self, timeout: float) -> tuple[str, TagResult]:
        self.fetched.append(timeout)
        if self._lost:
            raise UnboundLocalError
        if timeout < self._takes_s:
            raise TimeoutError
        return "1", TagResult()


class Client:
    """Gives these tasks, one after the other."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = iter(tasks)
        self.asked: list[str] = []

    def nthreads(self) -> dict[str, int]:
        return {"worker": 1}

    def submit(self, *_: object, key: str) -> Task:
        self.asked.append(key)
        return next(self._tasks)


def results_from(client: Client, file: Fingerprint) -> list[tuple[Fingerprint, TagResult]]:
    running = object.__new__(cluster.Cluster)
    running.__dict__.update(_client=client, _factory=RoughTagger, version="1")
    return list(running.tag_files([file]))


def test_a_result_that_is_lost_on_its_way_is_asked_for_anew(tmp_path: Path) -> None:
    client, file = Client(Task(lost=True), Task()), Fingerprint(tmp_path / "a.wav", "ab", "1", 9)
    assert results_from(client, file) == [(file, TagResult())]
    assert client.asked == ["hear-ab-1"] * 2


def test_a_result_that_takes_long_to_fetch_has_more_time_with_each_try(tmp_path: Path) -> None:
    slow, file = (
        Task(takes_s=cluster.LONGEST_FETCH_S),
        Fingerprint(tmp_path / "a.wav", "ab", "1", 9),
    )
    assert results_from(Client(slow), file) == [(file, TagResult())]
    assert slow.fetched == [3.0, 6.0, 12.0, 24.0, cluster.LONGEST_FETCH_S]


# While it hears, and when what it heard is not yet fetched, and takes longer to hear anew than to
# fetch; then all that the cluster holds may lie with the one that dies, beside what it is hearing.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("idle_s", "fetch_s", "most"),
    [(0.0, cluster.FETCH_S, cluster.AHEAD), (2.0, 0.02, 2 * cluster.AHEAD + 1)],
)
def test_a_worker_that_is_killed_midway_loses_nothing(
    engine: Engine,
    music: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    idle_s: float,
    fetch_s: float,
    most: int,
) -> None:
    monkeypatch.setattr(cluster, "FETCH_S", fetch_s)
    heard_log = tmp_path / "heard"
    write_wav(music / "copy.wav", 0.01)
    (music / "bad.mp3").write_bytes(b"nothing")
    with dask_cluster(tmp_path) as running:
        killed = []

        def kill_one(progress: Progress) -> None:
            if progress.done == KILLED_AT:
                time.sleep(idle_s)
                # One that has heard something: on a busy machine the other may just have come.
                worked = {line.split()[0] for line in heard_log.read_text().splitlines()}
                killed.append(next(one for one in running.workers if str(one.pid) in worked))
                killed[0].kill()

        report = tag_folders(
            engine, [music], RoughTagger, scheduler=running.address, progress=kill_one
        )
        assert killed[0].wait(PATIENCE_S) == -9
        assert [one.poll() for one in running.workers if one is not killed[0]] == [None]
        again = tag_folders(engine, [music], RoughTagger, scheduler=running.address)
    assert (report.tagged, report.unchanged, len(report.problems)) == (FILES, 1, 1)
    assert (again.tagged, again.unchanged, again.known_problems) == (0, FILES + 1, 1)
    kept = Counter(one.path.name for one in Recordings(engine).of(OWNER))
    assert kept.total() == len(kept) == FILES
    lines = [line.split() for line in heard_log.read_text().splitlines()]
    heard = Counter(name for _, name in lines)
    by = Counter(process for process, _ in lines)
    # What the killed one had was heard by the other, and no more than that.
    twice = sum(heard.values()) - len(heard)
    assert len(heard) == FILES + 1
    assert twice <= most
    assert set(by) == {str(worker.pid) for worker in running.workers}
    print(  # the log for whoever wants to see it
        f"\n{FILES} files, 2 workers, one killed after {KILLED_AT}: {report.summary()} "
        f"Heard by each: {sorted(by.values())}, once more: {twice}, rows: {kept.total()}.",
        file=sys.stderr,
    )


# While they hear, and when all that they were given is heard, but not yet fetched from them.
@pytest.mark.slow
@pytest.mark.parametrize("idle_s", [0.0, 2.0])
def test_a_lost_cluster_is_a_sentence_and_what_was_heard_stays(
    engine: Engine, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, idle_s: float
) -> None:
    with dask_cluster(tmp_path) as running:

        def kill_all(progress: Progress) -> None:
            if progress.done == KILLED_AT:
                # Not before: a busy machine needs more for a worker to come.
                monkeypatch.setattr(cluster, "WORKER_S", 3.0)
                monkeypatch.setattr(cluster, "FETCH_S", 0.5)
                time.sleep(idle_s)
                for worker in running.workers:
                    worker.kill()

        with pytest.raises(CannotTag, match=said("cluster-no-worker")):
            tag_folders(engine, [music], RoughTagger, scheduler=running.address, progress=kill_all)
        with pytest.raises(CannotTag, match=said("cluster-no-worker")):
            tag_folders(engine, [music], RoughTagger, scheduler=running.address)
    assert KILLED_AT <= len(Recordings(engine).of(OWNER)) < FILES


# As Dask counts, one death more than it allows makes a file the culprit.
@pytest.mark.slow
@pytest.mark.parametrize(
    ("allowed", "workers"), [("0", 2), pytest.param(None, 5, marks=pytest.mark.soak)]
)
def test_a_file_that_kills_worker_after_worker_is_a_problem(
    engine: Engine,
    music: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    allowed: str | None,
    workers: int,
) -> None:
    if allowed is not None:
        monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", allowed)
    # By name the first, so that every worker still lives.
    deadly = write_wav(music / "deadly.wav", 0.9)
    with dask_cluster(tmp_path / "cluster", workers=workers) as running:
        report = tag_folders(engine, [music], RoughTagger, scheduler=running.address)
    # What another one's death took along counts against that, too, where none is allowed.
    told = Message("hearing-ended-workers")
    assert (deadly, told) in report.problems
    assert all(problem == told for _, problem in report.problems)
    assert report.tagged + len(report.problems) == FILES + 1
    assert len(report.problems) == 1 or allowed is not None


@pytest.mark.slow
def test_a_scheduler_that_goes_midway_is_a_sentence(
    engine: Engine, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask_cluster(tmp_path) as running:

        def kill(progress: Progress) -> None:
            if progress.done == KILLED_AT:
                monkeypatch.setattr(cluster, "CONNECT_S", 3.0)
                running.scheduler.kill()

        with pytest.raises(CannotTag, match=said("cluster-gone")):
            tag_folders(engine, [music], RoughTagger, scheduler=running.address, progress=kill)
    assert len(Recordings(engine).of(OWNER)) >= KILLED_AT


def test_workers_without_models_or_of_other_versions_are_a_sentence(
    engine: Engine, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dask_cluster(tmp_path, workers=1) as running:
        with pytest.raises(CannotTag, match=r"cannot hear music: The file music\.tflite is not"):
            tag_folders(engine, [music], BrokenTagger, scheduler=running.address)
        stopped = tag_folders(
            engine, [music], RoughTagger, scheduler=running.address, stopping=lambda: True
        )
        assert (stopped.tagged, stopped.stopped) == (0, True)
        real = cluster._versions

        def ours_is_newer(one: dict[str, object]) -> dict[str, str]:
            return real(one) | ({"Python": "3.99"} if one["host"] is ours else {})

        ours: object = None
        compare = cluster._compare

        def note(versions: dict[str, dict[str, object]]) -> None:
            nonlocal ours
            ours = versions["client"]["host"]
            compare(versions)

        monkeypatch.setattr(cluster, "_versions", ours_is_newer)
        monkeypatch.setattr(cluster, "_compare", note)
        with pytest.raises(CannotTag, match=r"has Python 3\.\d+, and this machine 3\.99"):
            tag_folders(engine, [music], RoughTagger, scheduler=running.address)


def test_a_worker_with_other_models_than_the_first_is_a_sentence() -> None:
    class Future:
        def result(self, timeout: float) -> tuple[str, None]:
            assert timeout
            return "other-1", None

    theirs = object.__new__(cluster.Cluster)
    theirs.version = "rough-1"
    with pytest.raises(CannotTag, match="other music models than the others"):
        theirs._result(Future(), cluster.FETCH_S)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:1", "nowhere.invalid", "tcp://:x", "http://["]
)
def test_where_there_is_no_scheduler_one_sentence_says_so(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
) -> None:
    monkeypatch.setenv("MOODRING_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("MOODRING_DATABASE_URL", raising=False)
    assert main(["tag", str(tmp_path), "--scheduler", address], lambda: RoughTagger) == 1
    assert capsys.readouterr() == ("", f"There is no Dask scheduler at {address}.\n")


@pytest.mark.slow
def test_workers_whose_files_lie_elsewhere_are_told_where(
    engine: Engine, music: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(music, elsewhere)
    roots = f"{music}={elsewhere}"
    with dask_cluster(tmp_path / "cluster", MOODRING_FILE_ROOTS=roots) as running:
        # Here its contents are known, and there it is read: what is only here cannot be heard.
        write_wav(music / "only-here.wav", 0.4)
        report = tag_folders(engine, [music], RoughTagger, scheduler=running.address)
    assert (report.tagged, [Path(path).name for path, _ in report.problems]) == (
        FILES,
        ["only-here.wav"],
    )
    heard = (tmp_path / "heard").read_text().splitlines()
    assert len({line.split()[0] for line in heard}) == 2
    assert {one.path.parent for one in Recordings(engine).of(OWNER)} == {music}


@pytest.mark.parametrize(
    ("roots", "seen"),
    [
        ("", "/srv/music/rock/a.mp3"),
        ("/srv/music=/mnt", "/mnt/rock/a.mp3"),
        (" /srv/music/ = /mnt/m/ ", "/mnt/m/rock/a.mp3"),
        ("/srv=/far:/srv/music/rock=/near:/other=/x", "/near/a.mp3"),
        ("/srv/mus=/mnt", "/srv/music/rock/a.mp3"),
        ("/=/net", "/net/srv/music/rock/a.mp3"),
    ],
)
def test_the_innermost_folder_says_where_a_file_lies(
    monkeypatch: pytest.MonkeyPatch, roots: str, seen: str
) -> None:
    monkeypatch.setattr(cluster.os, "pathsep", ":")
    assert cluster.path_here(Path("/srv/music/rock/a.mp3"), roots) == Path(seen)


@pytest.mark.parametrize("roots", ["/srv", "srv=/mnt", "/srv=mnt", "=", "/a=/b:/c"])
def test_roots_that_are_no_pairs_are_a_sentence(
    monkeypatch: pytest.MonkeyPatch, roots: str
) -> None:
    monkeypatch.setattr(cluster.os, "pathsep", ":")
    with pytest.raises(ValueError, match="MOODRING_FILE_ROOTS needs pairs of absolute paths"):
        cluster.path_here(Path("/srv/a.mp3"), roots)
