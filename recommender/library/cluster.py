"""A Dask cluster that tags files, for libraries too large for one machine.

Security: a Dask scheduler can run any code here and on its workers, so use only your own.
"""

from __future__ import annotations

import logging
import os
import queue
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, cast
from urllib.parse import urlsplit
from uuid import uuid4

from detectors.threads import use_one_blas_thread
from detectors.types import AudioTagger, Message, message_of
from recommender.errors import CannotTag
from recommender.library.file_tagging import Fingerprint, TagResult, tag_file
from recommender.text import visible

# Dask's default port.
PORT = 8786
CONNECT_S = 10.0
# Seconds for the first worker to appear and load its models.
WORKER_S = 60.0
# Seconds to fetch one result from its worker. Each further try has twice as many, up to the latter:
# a result that always needs a little longer would never come.
FETCH_S, LONGEST_FETCH_S = 3.0, 30.0
# Files queued in the cluster for each worker thread.
AHEAD = 3
POLL_S = 1.0
# Environment variable of a worker where folders lie elsewhere: "/srv/music=/mnt/music:/b=/c", on
# Windows with semicolons.
FILE_ROOTS = "MOODRING_FILE_ROOTS"
# Dask publishes few types.
_Foreign: TypeAlias = Any
_here = threading.local()


@contextmanager
def cluster(address: str, factory: Callable[[], AudioTagger]) -> Iterator[Cluster]:
    """Connect to a Dask scheduler and yield its workers.

    They must see the files under the same paths, or name their own in `FILE_ROOTS`, with the same
    versions of Moodring, Dask and Python. Give each one thread (``dask worker ADDRESS --nthreads
    1``), because the models use one.

    Parameters
    ----------
    factory : callable, a module-level class or function that the workers can import

    Raises
    ------
    CannotTag
        When the scheduler is unreachable, has no workers, or has incompatible workers.
    """
    # Its log repeats at length what `CannotTag` says in a sentence.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    client = _connected(address)
    try:
        yield Cluster(client, factory)
    finally:
        with suppress(Exception):
            client.close(timeout=CONNECT_S)


class Cluster:
    """The workers of a Dask cluster, as a `recommender.library.file_tagging.TaggerPool`.

    Only this process writes the results to the database. A task's key is the content's digest, and
    Dask runs a lost worker's tasks on another.
    """

    def __init__(self, client: _Foreign, factory: Callable[[], AudioTagger]) -> None:
        self._client = client
        self._factory = factory
        self.version = self._agreed_version()

    def tag_files(
        self, files: Iterable[Fingerprint], stopping: Callable[[], bool] = lambda: False
    ) -> Iterator[tuple[Fingerprint, TagResult]]:
        """Yield the result for each file as it arrives."""
        coming: Iterator[Fingerprint | None] = iter(files)
        asked: dict[_Foreign, Fingerprint] = {}
        fetch_s: dict[_Foreign, float] = {}
        done: queue.SimpleQueue[_Foreign] = queue.SimpleQueue()
        following = next(coming, None)

        def ask(file: Fingerprint) -> None:
            future = self._submitted(file)
            asked[future] = file
            future.add_done_callback(done.put)

        room, looked_at, alone_since = self._room(), time.monotonic(), None
        while (following or asked) and not stopping():
            while following and len(asked) < room:
                ask(following)
                following = next(coming, None)
            with suppress(queue.Empty):
                future = done.get(timeout=POLL_S)
                seconds = fetch_s.pop(future, FETCH_S)
                if (result := self._result(future, seconds)) is not None:
                    yield asked.pop(future), result
                elif future.cancelled():
                    # Its result was lost between its worker and here.
                    ask(asked.pop(future))
                else:
                    fetch_s[future] = min(2 * seconds, LONGEST_FETCH_S)
                    future.add_done_callback(done.put)
            # Poll: workers come and go, and Dask does not report the loss of its scheduler.
            if time.monotonic() - looked_at >= POLL_S:
                room, looked_at = self._room(), time.monotonic()
                alone_since = None if room else alone_since or looked_at
                if alone_since and looked_at - alone_since > WORKER_S:
                    raise CannotTag("cluster-no-worker")

    def _agreed_version(self) -> str:
        """Return the tagger version of the first worker; `_result` checks the others."""
        with _sentences():
            _compare(self._client.get_versions())
            asked = self._client.submit(version_there, self._factory, key=f"version-{uuid4().hex}")
            try:
                version: str = asked.result(timeout=WORKER_S)
            except TimeoutError as error:
                raise CannotTag("cluster-no-worker") from error
        return version

    def _room(self) -> int:
        """Return how many files may be queued in the cluster; 0 without workers."""
        with _sentences():
            threads: Mapping[str, int] = self._client.nthreads()
        return AHEAD * sum(threads.values())

    def _submitted(self, file: Fingerprint) -> _Foreign:
        what = "tags" if file.tags_only else "hear"
        with _sentences():
            return self._client.submit(
                tag_there, self._factory, file, key=f"{what}-{file.sha256}-{self.version}"
            )

    def _result(self, future: _Foreign, seconds: float) -> TagResult | None:
        """Return a task's result; None when it did not come, as when its worker was lost."""
        from distributed import KilledWorker

        with _sentences():
            try:
                version, result = future.result(timeout=seconds)
            except KilledWorker:
                return TagResult(problem=Message("hearing-ended-workers"))
            except (TimeoutError, UnboundLocalError):
                # The second is how Dask's `sync` ends when what it waits for is cancelled.
                return None
        if version != self.version:
            raise CannotTag("cluster-other-models")
        return cast("TagResult", result)


def version_there(factory: Callable[[], AudioTagger]) -> str:
    """On a worker: return its tagger's version."""
    return _tagger(factory).version


def tag_there(factory: Callable[[], AudioTagger], file: Fingerprint) -> tuple[str, TagResult]:
    """On a worker: tag a file; return the tagger's version and the result."""
    tagger = _tagger(factory)
    here = replace(file, path=path_here(file.path, os.environ.get(FILE_ROOTS, "")))
    return tagger.version, tag_file(here, tagger)


def path_here(path: Path, roots: str) -> Path:
    """Return where a worker sees a file.

    Parameters
    ----------
    path : Path, absolute, where the command sees it
    roots : str, value of `FILE_ROOTS`; of several folders around the file, the innermost counts

    Raises
    ------
    ValueError
        When a pair in ``roots`` is not of two absolute paths.
    """
    moved = {}
    for pair in filter(None, roots.split(os.pathsep)):
        there, _, here = map(str.strip, pair.partition("="))
        if not (Path(there).is_absolute() and Path(here).is_absolute()):
            raise ValueError(f"{FILE_ROOTS} needs pairs of absolute paths, not {visible(pair)}")
        moved[Path(there)] = Path(here)
    around = next((folder for folder in path.parents if folder in moved), None)
    return path if around is None else moved[around] / path.relative_to(around)


def _tagger(factory: Callable[[], AudioTagger]) -> AudioTagger:
    """Return this thread's tagger, because the models are not thread-safe."""
    kept: tuple[object, AudioTagger] | None = getattr(_here, "kept", None)
    if kept is None or kept[0] != factory:
        use_one_blas_thread()
        kept = _here.kept = factory, factory()
    return kept[1]


def _connected(address: str) -> _Foreign:
    import distributed

    make_client: _Foreign = distributed.Client
    refusal = CannotTag("cluster-missing", address=address)
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        # Dask retries an absent scheduler for long and leaves threads behind, so probe the port
        # first.
        with socket.create_connection((parts.hostname, parts.port or PORT), CONNECT_S):
            pass
    except (OSError, ValueError) as error:
        raise refusal from error
    with warnings.catch_warnings():
        # `_compare` reports differing versions.
        warnings.simplefilter("ignore")
        try:
            return make_client(address, timeout=CONNECT_S, set_as_default=False)
        except Exception as error:
            raise refusal from error


def _compare(versions: Mapping[str, Any]) -> None:
    """Raise `CannotTag` for a cluster whose results this machine could not unpickle.

    Parameters
    ----------
    versions : mapping, from ``distributed.Client.get_versions``
    """
    ours = _versions(versions["client"])
    for theirs in (versions["scheduler"], *versions["workers"].values()):
        for name, version in _versions(theirs).items():
            if version != ours[name]:
                raise CannotTag("cluster-version", name=name, theirs=version, ours=ours[name])


def _versions(one: Mapping[str, Any]) -> dict[str, str]:
    python = str(one["host"]["python"]).split(".")
    return {"Python": ".".join(python[:2]), "distributed": str(one["packages"]["distributed"])}


@contextmanager
def _sentences() -> Iterator[None]:
    """Translate any failure of the cluster to `CannotTag`."""
    from concurrent.futures import CancelledError

    try:
        yield
    except CannotTag:
        raise
    except (OSError, TimeoutError, CancelledError) as error:
        raise CannotTag("cluster-gone") from error
    except Exception as error:
        raise CannotTag("cluster-cannot-hear", problem=message_of(error)) from error
