"""The life of the server, from its start to its end, and its heartbeat beside other processes."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from pages.ui import resources
from pages.ui.visitor import owner
from pages.ui.web import drain
from pages.ui.web.replicas import ROOM
from recommender.db.processes import Replicas
from recommender.errors import SourceError
from recommender.settings import BadSetting
from recommender.web.observed import write_log

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping

    from pages.ui.web.replicas import Room
    from recommender.db.processes import Told
    from recommender.settings import Settings

BEAT_S = 2.0
# Some beats may be late; after these, a process counts as gone.
LIVES_S = 4 * BEAT_S
STOP_S = 2.0
_log = logging.getLogger(__name__)


class Living:
    """The other processes that live, by how long ago they told something new.

    Their clocks may be wrong.

    Parameters
    ----------
    now : callable, monotonic time in seconds
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._heard: dict[str, tuple[int, float]] = {}

    def free(self, told: Mapping[str, Told]) -> dict[str, int]:
        """Return the free seats of those that live, and remember what was told."""
        now, heard = self._now(), self._heard
        self._heard = {
            name: heard[name]
            if name in heard and heard[name][0] == one.seen_at
            else (one.seen_at, now)
            for name, one in told.items()
        }
        # The first time, nobody knows when it was told.
        return {
            name: told[name].free
            for name, (_, at) in self._heard.items()
            if name in heard and now - at < LIVES_S
        }


class Heartbeat:
    """A thread that tells and hears every `BEAT_S`, whatever fails.

    Parameters
    ----------
    room : Room, is told
    """

    def __init__(self, settings: Settings, room: Room = ROOM) -> None:
        self._settings = settings
        self._room = room
        self._living = Living()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_on, name="heartbeat", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Tell the others that this process has ended, if the database answers soon."""
        self._stopping.set()
        self._thread.join(STOP_S)

    def _beat_on(self) -> None:
        from recommender import wiring

        while not self._stopping.is_set():
            try:
                with wiring.opened(self._settings) as engine:
                    self._beat_with(Replicas(engine, self._room.name))
            except SourceError as error:
                _log.warning("other processes cannot be heard: %s", type(error).__name__)
                self._room.note(1, {})
                self._stopping.wait(BEAT_S)

    def _beat_with(self, replicas: Replicas) -> None:
        # Imported here, so that a server that is alone starts without the camera's libraries.
        from pages.ui.listen import seats

        while not self._stopping.is_set():
            taken, offered = seats.SEATS.counted(self._settings.max_visitors)
            free = 0 if drain.has_begun() else max(0, offered - taken)
            replicas.tell(free)
            self._room.note(free, self._living.free(replicas.others()))
            self._stopping.wait(BEAT_S)
        with suppress(SourceError):
            replicas.leave()


@contextmanager
def beating(settings: Settings) -> Iterator[None]:
    """Beat while the block runs, if the settings name this process and a database server."""
    ROOM.name = settings.replica or ""
    if not ROOM.name or settings.database_url is None:
        yield
        return
    heart = Heartbeat(settings)
    heart.start()
    try:
        yield
    finally:
        heart.stop()


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Begin and end all that lives as long as the server; Streamlit enters this once per server."""
    # Asked before the first request, which shall not wait for a database server.
    await run_in_threadpool(resources.share_secret)
    with ExitStack() as living:
        living.enter_context(owner.told_owner())
        _operate(living)
        living.enter_context(drain.at_sigterm())
        # Ctrl-C cancels this. It is no fault, and uvicorn would print it as one.
        with suppress(asyncio.CancelledError):
            yield


def _operate(living: ExitStack) -> None:
    """Begin what the settings ask for."""
    try:
        settings = resources.settings()
    except BadSetting:
        # The page shows the error.
        return
    # Again, for the loggers that the server itself has set up meanwhile.
    write_log(as_json=settings.log == "json")
    living.enter_context(beating(settings))
    if settings.metrics_port is not None:
        from pages.ui.operations import metrics

        living.enter_context(metrics.served(settings, settings.metrics_port))
