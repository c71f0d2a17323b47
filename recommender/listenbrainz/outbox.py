"""Plays on their way: each visitor's are sent in the background, together, and again on failure.

All is in memory, and goes with the process: tokens are written nowhere.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from contextlib import suppress
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Protocol

from recommender.errors import NotAuthorised, RateLimited, SourceError
from recommender.listenbrainz.client import (
    MAX_LISTENS,
    ListenBrainz,
    ListensRefused,
    ServerFailed,
    address_from,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from detectors.types import Message
    from recommender.listenbrainz.client import Listen

# Seconds before plays are sent again, doubled each time. After so many failures in a row, plays
# wait for the next one; a play that the server itself failed at so often is given up.
FIRST_PAUSE_S, MAX_PAUSE_S = 5.0, 600.0
MAX_FAILURES = 12
# Plays that wait, some 300 bytes each; the oldest give way.
MAX_WAITING = 500
# Threads that send, and connected visitors, in the whole process. Full of plays with the longest
# names, an outbox takes 6 MB.
MAX_SENDERS = 64
MAX_OUTBOXES = 256


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
        self._waiting: deque[Listen] = deque()
        # When plays began, which tells them apart.
        self._known: deque[int] = deque(maxlen=MAX_WAITING)
        # How often a play has failed. Its fate is unknown: an answer may have been lost.
        self._failures: Counter[int] = Counter()
        self._is_sending = False
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
            self._waiting.append(listen)
            if len(self._waiting) > MAX_WAITING:
                del self._failures[self._waiting.popleft().listened_at]
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
            batch: list[Listen] = []
            if failures < MAX_FAILURES:
                # Alone: of a list with a play that it knows, Maloja drops the rest, and says "ok".
                alone = bool(self._waiting) and self._failures[self._waiting[0].listened_at] > 0
                fresh = takewhile(lambda one: not self._failures[one.listened_at], self._waiting)
                batch = [self._waiting[0]] if alone else list(islice(fresh, MAX_LISTENS))
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
            self.problem = error.message
            if len(batch) == 1:
                self._take_out(batch)
            else:
                # One of them is to blame; it is found when each is sent alone.
                self._put_off(batch)
            return 0.0
        except SourceError as error:
            self.problem = error.message
            self._put_off(batch)
            failures = self._failures[batch[0].listened_at]
            if isinstance(error, ServerFailed) and len(batch) == 1 and failures >= MAX_FAILURES:
                self._take_out(batch)
            told = error.retry_after if isinstance(error, RateLimited) else None
            return max(told or 0.0, pause_s)
        self.problem = None
        self.sent += len(batch)
        self._take_out(batch)
        return 0.0

    def _put_off(self, batch: list[Listen]) -> None:
        """Let plays wait behind the others, which they may keep back."""
        with self._lock:
            for listen in batch:
                # It may have given way to newer ones.
                if listen in self._waiting:
                    self._failures[listen.listened_at] += 1
                    self._waiting.remove(listen)
                    self._waiting.append(listen)

    def _take_out(self, batch: list[Listen]) -> None:
        with self._lock:
            for listen in batch:
                del self._failures[listen.listened_at]
                with suppress(ValueError):
                    self._waiting.remove(listen)


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
