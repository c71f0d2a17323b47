"""Plays on their way: each visitor's are sent in the background, together, and again on failure.

All is in memory, and goes with the process: tokens are written nowhere.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Protocol

from recommender.errors import NotAuthorised, RateLimited, SourceError
from recommender.listenbrainz.client import MAX_LISTENS, ListenBrainz, ListensRefused, address_from

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detectors.types import Message
    from recommender.listenbrainz.client import Listen

# Seconds before plays are sent again, doubled each time; after so many failures they wait for the
# next play.
FIRST_PAUSE_S, MAX_PAUSE_S = 5.0, 600.0
MAX_FAILURES = 12
# Plays that wait, some 300 bytes each; the oldest give way.
MAX_WAITING = 500
# Threads that send, and connected visitors, in the whole process.
MAX_SENDERS = 64
MAX_OUTBOXES = 2_000


class Client(Protocol):
    """Takes plays."""

    def submit(self, listens: Sequence[Listen]) -> None:
        """Hand in plays. Raises SourceError."""
        ...


class Outbox:
    """One visitor's plays that were not taken yet; a thread sends them while there are any.

    Thread-safe.

    Attributes
    ----------
    user : str, the visitor's name at the server
    sent : int, plays that the server has taken
    problem : Message or None, why plays wait, or were given up

    Parameters
    ----------
    senders : threading.Semaphore, limits the threads of all outboxes
    """

    def __init__(self, client: Client, user: str, senders: threading.Semaphore) -> None:
        self.user = user
        self.sent = 0
        self.problem: Message | None = None
        self._client = client
        self._senders = senders
        self._lock = threading.Lock()
        self._waiting: deque[Listen] = deque(maxlen=MAX_WAITING)
        self._known: deque[int] = deque(maxlen=MAX_WAITING)
        self._is_sending = False
        # The first of those that wait, whose fate is unknown: an answer may have been lost.
        self._doubtful = 0
        self._ended = threading.Event()

    @property
    def has_ended(self) -> bool:
        """True once the token was refused, or the visitor has disconnected."""
        return self._ended.is_set()

    @property
    def waiting(self) -> int:
        """The number of plays that were not taken yet."""
        return len(self._waiting)

    def add(self, listen: Listen) -> None:
        """Send a play, unless it began with one before: a page may tell of it twice."""
        with self._lock:
            if self.has_ended or listen.listened_at in self._known:
                return
            self._known.append(listen.listened_at)
            if len(self._waiting) == MAX_WAITING:
                self._doubtful = max(0, self._doubtful - 1)
            self._waiting.append(listen)
            # With too many senders, it waits for the next play.
            if self._is_sending or not self._senders.acquire(blocking=False):
                return
            self._is_sending = True
        threading.Thread(target=self._send_all, name="listens", daemon=True).start()

    def end(self) -> None:
        """Forget all plays, and send no more."""
        with self._lock:
            self._ended.set()
            self._waiting.clear()

    def _send_all(self) -> None:
        failures = 0
        try:
            while batch := self._next_batch(failures):
                pause_s = self._send(batch, min(FIRST_PAUSE_S * 2**failures, MAX_PAUSE_S))
                failures = failures + 1 if pause_s else 0
                self._ended.wait(pause_s)
        finally:
            self._senders.release()

    def _next_batch(self, failures: int) -> list[Listen]:
        with self._lock:
            # Maloja leaves out the rest of a list of which it knows a play, and says "ok".
            count = 1 if self._doubtful else MAX_LISTENS
            batch = list(self._waiting)[:count] if failures < MAX_FAILURES else []
            # Within the lock, so that a play that is added now begins a new sender.
            self._is_sending = bool(batch)
            return batch

    def _send(self, batch: list[Listen], pause_s: float) -> float:
        """Send plays, and return the seconds to wait before the next: 0 when they are done with."""
        try:
            self._client.submit(batch)
        except NotAuthorised as error:
            self.problem = error.message
            self.end()
            return 0.0
        except ListensRefused as error:
            if len(batch) > 1:
                # One of them is to blame; it is found when each is sent alone.
                self._doubtful = len(batch)
                return 0.0
            self.problem = error.message
        except SourceError as error:
            self.problem = error.message
            self._doubtful = max(self._doubtful, len(batch))
            told = error.retry_after if isinstance(error, RateLimited) else None
            return max(told or 0.0, pause_s)
        else:
            self.problem = None
            self.sent += len(batch)
        self._take_out(batch)
        return 0.0

    def _take_out(self, batch: list[Listen]) -> None:
        with self._lock:
            for listen in batch:
                # Others may have given way meanwhile.
                if self._waiting and self._waiting[0] is listen:
                    self._waiting.popleft()
                    self._doubtful = max(0, self._doubtful - 1)


class Outboxes:
    """The outboxes of all visitors, by their browsers. Thread-safe.

    Parameters
    ----------
    owners_url : str or None, `recommender.settings.Settings.listenbrainz_url`
    """

    def __init__(
        self,
        owners_url: str | None,
        make_client: Callable[..., ListenBrainz] = ListenBrainz,
    ) -> None:
        self._owners_url = owners_url
        self._make_client = make_client
        self._lock = threading.Lock()
        self._senders = threading.Semaphore(MAX_SENDERS)
        # Oldest first.
        self._of: dict[str, Outbox] = {}

    def connect(self, browser: str, token: str, address: str = "") -> Outbox:
        """Return a visitor's outbox, once the server has accepted the token.

        Parameters
        ----------
        browser : str, id from the browser's cookie
        address : str, as the visitor typed it; "" for the owner's or ListenBrainz's own

        Raises
        ------
        SourceError
            When the address or the token is not accepted.
        """
        client = self._make_client(address_from(address, self._owners_url), token)
        made = Outbox(client, client.user(), self._senders)
        with self._lock:
            before = self._of.pop(browser, None)
            if before is None and len(self._of) >= MAX_OUTBOXES:
                before = self._of.pop(next(iter(self._of)))
            self._of[browser] = made
        if before is not None:
            before.end()
        return made

    def of(self, browser: str) -> Outbox | None:
        """Return a visitor's outbox; None without one."""
        with self._lock:
            return self._of.get(browser)

    def forget(self, browser: str) -> None:
        """Forget a visitor's token and plays."""
        with self._lock:
            found = self._of.pop(browser, None)
        if found is not None:
            found.end()
