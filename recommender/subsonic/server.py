"""One music server while it is connected: its songs are listed, and heard, in a thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from detectors.types import Message
from recommender.errors import SourceError
from recommender.subsonic.client import Login, SubsonicClient
from recommender.subsonic.hearing import hear
from recommender.subsonic.shelf import Shelf
from recommender.subsonic.source import SubsonicSource

if TYPE_CHECKING:
    from pathlib import Path

    from recommender.subsonic.heard import HeardSongs
    from recommender.subsonic.hearing import HearingLimits, MakePool
    from recommender.web.addresses import ServerAddress

# Seconds between two listings, and after the first that failed; the pauses after others double.
PERIOD_S, AFTER_FAILURE_S = 3600.0, 60.0
STOP_S = 1.0
_log = logging.getLogger(__name__)

# Where songs lie while they are heard, in the data folder: Dask's workers must see them, too.
FOLDER = "hearing"
# Hears a shelf's songs; called with whether to stop, and what to tell of numbers done and to do.
Hear = Callable[[Shelf, Callable[[], bool], Callable[[int, int], object]], object]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """The state of a server's songs.

    Attributes
    ----------
    songs, placed : int, songs of the server, and those whose place in the plane is known
    listing, hearing : bool, whether its songs are listed, or heard, just now
    heard, to_hear : int, songs of the present run
    problem : Message or None, why the last run ended early
    """

    songs: int = 0
    placed: int = 0
    listing: bool = False
    hearing: bool = False
    heard: int = 0
    to_hear: int = 0
    problem: Message | None = None


class MusicServer:
    """A music server and the thread that learns its songs; any thread may call its methods.

    Parameters
    ----------
    hear : Hear or None, None where songs have the moods of their tags only
    """

    def __init__(
        self,
        shelf: Shelf,
        hear: Hear | None = None,
        *,
        period_s: float = PERIOD_S,
        after_failure_s: float = AFTER_FAILURE_S,
    ) -> None:
        self.shelf = shelf
        self.source = SubsonicSource(shelf)
        self._hear = hear
        self._period_s, self._after_failure_s = period_s, after_failure_s
        self._lock = threading.Lock()
        self._status = ServerStatus(listing=True)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self.run, name="music-server", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def has_stopped(self) -> bool:
        """True once it was told to stop."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Stop; a song in progress is heard by the next run."""
        self._stopping.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(STOP_S)

    def status(self) -> ServerStatus:
        """Return the present state."""
        with self._lock:
            status = self._status
        songs, placed = len(self.shelf.songs()), len(self.shelf.placed())
        return replace(status, songs=songs, placed=placed)

    def run(self) -> None:
        """Learn the songs again and again, until `stop`; `start` does so in a thread of its own."""
        pause_s = self._after_failure_s
        while True:
            self.look()
            failed = self.status().problem is not None
            if self._stopping.wait(pause_s if failed else self._period_s):
                return
            # A server that stays down is asked less and less often.
            pause_s = min(2 * pause_s, self._period_s) if failed else self._after_failure_s

    def look(self) -> None:
        """List the songs and hear those that are new; the state tells what went wrong."""
        self._set(ServerStatus(listing=True))
        problem: Message | None = None
        try:
            self.shelf.refresh(self._stopping.is_set)
            if self._hear is not None and not self._stopping.is_set():
                self._set(ServerStatus(hearing=True))
                self._hear(self.shelf, self._stopping.is_set, self._tell)
        except SourceError as error:
            problem = error.message
        except Exception as error:  # noqa: BLE001 - the next run may succeed
            _log.warning("learning the songs of a music server failed: %s", type(error).__name__)
            problem = Message("server-out-of-order")
        self._set(ServerStatus(problem=problem))

    def _tell(self, done: int, total: int) -> None:
        self._set(ServerStatus(hearing=True, heard=done, to_hear=total))

    def _set(self, status: ServerStatus) -> None:
        with self._lock:
            self._status = status


def connected(
    address: ServerAddress,
    login: Login,
    heard: HeardSongs,
    taggers: MakePool | None,
    limits: HearingLimits,
    data_dir: Path,
) -> MusicServer:
    """Return a music server that is not started.

    Parameters
    ----------
    heard : HeardSongs, where what is heard is kept
    taggers : MakePool or None, makes the taggers that hear its songs; None to hear none
    """
    shelf = Shelf(SubsonicClient(address, login), heard, max_songs=limits.max_listed)
    if taggers is None:
        return MusicServer(shelf)
    return MusicServer(
        shelf,
        lambda shelf, stopping, progress: hear(
            shelf, taggers, limits, data_dir / FOLDER, stopping=stopping, progress=progress
        ),
    )
