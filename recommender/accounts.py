"""The visitors who signed in at Spotify, by their browsers. In memory only, never on a disk."""

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

# Spotify lets five users in, or thousands; either way memory has an end.
MAX_ACCOUNTS = 256
# Who has not been here for so long signs in anew.
KEPT_UNUSED_S = 24 * 3600.0


class Accounts:
    """All signed-in visitors. Any number of threads may use it at once.

    A browser is a word that no other browser can know.

    clock : seconds that only ever grow
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._sign_ins = SignIns(settings, clock)
        self._lock = threading.Lock()
        # With the time of its last use; the one unused for longest first.
        self._accounts: dict[str, tuple[Account, float]] = {}

    def of(self, browser: str) -> Account | None:
        """Return the account of a browser's visitor, None when nobody has signed in there."""
        now = self._clock()
        with self._lock:
            account, used = self._accounts.pop(browser, (None, 0.0))
            if account is None or now >= used + KEPT_UNUSED_S:
                return None
            self._accounts[browser] = (account, now)
            return account

    def begin(self, browser: str, scope: str, errand: object = None) -> str:
        """Begin a sign-in that asks for one scope more, and return the address at Spotify."""
        account = self.of(browser)
        granted = frozenset[str]() if account is None else account.scopes
        return self._sign_ins.begin(browser, granted | {scope}, errand)

    def take_back(self, state: str, browser: str) -> Begun:
        """Return a sign-in that was begun; see `recommender.auth.SignIns.take_back`."""
        return self._sign_ins.take_back(state, browser)

    def connect(self, begun: Begun, code: str) -> Account:
        """Return the account that a sign-in led to, and keep it.

        Raises
        ------
        SourceError
            When Spotify does not let the visitor in.
        """
        account = Account(self._settings, self._sign_ins, self._sign_ins.tokens_for(begun, code))
        # Without a name the account is as good; refused here, it would be everywhere.
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
        """Forget everything about a browser's visitor."""
        self._sign_ins.forget(browser)
        with self._lock:
            account, _ = self._accounts.pop(browser, (None, 0.0))
        if account is not None:
            account.forget()
