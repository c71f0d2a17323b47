"""Signed-in Spotify accounts by browser, in memory only."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from recommender.account import Account
from recommender.auth import SignIns
from recommender.errors import QuotaExceeded, RateLimited, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.auth import Begun
    from recommender.settings import Settings

# Upper bound on accounts kept in memory.
MAX_ACCOUNTS = 256
# Lifetime of an unused account; its visitor then signs in again.
KEPT_UNUSED_S = 24 * 3600.0


class Accounts:
    """The accounts of all signed-in visitors. Thread-safe.

    A browser is identified by a word that no other browser can know.

    Parameters
    ----------
    clock : callable, monotonic time in seconds
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._sign_ins = SignIns(settings, clock)
        self._lock = threading.Lock()
        # With the time of last use; least recently used first.
        self._accounts: dict[str, tuple[Account, float]] = {}

    def of(self, browser: str) -> Account | None:
        """Return the account of a browser's visitor; None when nobody has signed in there."""
        now = self._clock()
        with self._lock:
            account, used = self._accounts.pop(browser, (None, 0.0))
            if account is None or now >= used + KEPT_UNUSED_S:
                return None
            self._accounts[browser] = (account, now)
            return account

    def begin(self, browser: str, scope: str, errand: object = None) -> str:
        """Begin a sign-in that requests one more scope, and return the authorisation URL."""
        account = self.of(browser)
        granted = frozenset[str]() if account is None else account.scopes
        return self._sign_ins.begin(browser, granted | {scope}, errand)

    def take_back(self, state: str, browser: str) -> Begun:
        """Return a pending sign-in; see `recommender.auth.SignIns.take_back`."""
        return self._sign_ins.take_back(state, browser)

    def connect(self, begun: Begun, code: str) -> Account:
        """Complete a sign-in, and keep and return its account.

        Raises
        ------
        SourceError
            When Spotify refuses the sign-in.
        """
        account = Account(self._settings, self._sign_ins, self._sign_ins.tokens_for(begun, code))
        # The name is optional. A refusal is not suppressed: it would recur at every request.
        with suppress(Unavailable, RateLimited, QuotaExceeded):
            account.learn_name()
        now = self._clock()
        with self._lock:
            before, _ = self._accounts.pop(begun.browser, (None, 0.0))
            if before is not None:
                account.follow(before)
            kept = [
                (who, one) for who, one in self._accounts.items() if now < one[1] + KEPT_UNUSED_S
            ]
            self._accounts = dict(kept[-(MAX_ACCOUNTS - 1) :])
            self._accounts[begun.browser] = (account, now)
        return account

    def forget(self, browser: str) -> None:
        """Delete everything about a browser's visitor."""
        self._sign_ins.forget(browser)
        with self._lock:
            account, _ = self._accounts.pop(browser, (None, 0.0))
        if account is not None:
            account.forget()
