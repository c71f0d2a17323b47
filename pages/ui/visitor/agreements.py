"""The agreements to the notice of all browsers. They say nothing about anybody's face."""

import logging
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from recommender.db.processes import SharedAgreements
from recommender.errors import SourceError

# Upper bound in memory: a flood evicts older agreements, whose visitors are asked again.
MAX_AGREEMENTS = 16_384
# Between two looks for agreements that another process has ended.
LOOK_S = 2.0
# After a failure the database is left alone for so long: pages must not wait for it each time.
RETRY_S = 5.0
T = TypeVar("T")
_log = logging.getLogger(__name__)


class Consent:
    """One agreement, valid until it is withdrawn. Thread-safe.

    Parameters
    ----------
    version : str, version of the notice that was agreed to
    ends_at : int or None, by which the database tells it from a later one; None if it is not there
    from_elsewhere : bool, whether it was given to another process, or to this one before it started
    """

    __slots__ = ("_withdrawn", "ends_at", "from_elsewhere", "version")

    def __init__(
        self, version: str, ends_at: int | None = None, *, from_elsewhere: bool = False
    ) -> None:
        self.version = version
        self.ends_at = ends_at
        self.from_elsewhere = from_elsewhere
        self._withdrawn = threading.Event()

    @property
    def given(self) -> bool:
        """True until the agreement is withdrawn."""
        return not self._withdrawn.is_set()

    def withdraw(self) -> None:
        """End the agreement for good: agreeing again makes a new `Consent`."""
        self._withdrawn.set()


class Agreements:
    """The agreements of all browsers, keyed by `pages.ui.visitor.browser.key`. Thread-safe.

    They are in the memory of the process, for as long as it runs. If several processes share a
    database server, they are there too, for a day at most, so that they hold wherever a proxy sends
    the browser, and are withdrawn in all processes.

    Parameters
    ----------
    shared : callable, returns the agreements of all processes; None where there is only this one
    """

    def __init__(self, shared: Callable[[], SharedAgreements | None] = lambda: None) -> None:
        self._lock = threading.Lock()
        # Oldest first.
        self._consents: dict[str, Consent] = {}
        self._shared = shared
        self._not_before = 0.0
        # Withdrawn here, and not yet in the database.
        self._owed: set[str] = set()
        self._looks: threading.Thread | None = None

    def of(self, browser: str) -> Consent | None:
        """Return the agreement of a browser; None without one."""
        with self._lock:
            kept = self._consents.get(browser)
            if kept is not None or browser in self._owed:
                return kept
        found = self._asked(lambda shared: shared.of(browser))
        if found is None:
            return None
        with self._lock:
            if browser in self._owed:
                return None
            return self._consents.get(browser) or self._keep(
                browser, Consent(*found, from_elsewhere=True)
            )

    def give(self, browser: str, version: str) -> Consent:
        """Record a browser's agreement to a version unless it exists, and return it."""
        with self._lock:
            known = self._consents.get(browser)
            if known is not None and known.version == version:
                return known
        ends_at = self._asked(lambda shared: shared.give(browser, version))
        with self._lock:
            known = self._consents.get(browser)
            if known is not None and known.version == version:
                return known
            self._end(browser)
            self._owed.discard(browser)
            return self._keep(browser, Consent(version, ends_at))

    def withdraw(self, browser: str) -> None:
        """End the agreement of a browser, in all its tabs."""
        is_shared = self._shared() is not None
        with self._lock:
            self._end(browser)
            if is_shared:
                self._owed.add(browser)
                self._look_from_now_on()
        self._pay()

    def look(self) -> None:
        """End the agreements that have ended in the database, and tell it what it has missed."""
        self._pay()
        with self._lock:
            held = {who: one.ends_at for who, one in self._consents.items() if one.ends_at}
        standing = self._asked(lambda shared: shared.standing(held)) if held else None
        if standing is None:
            return
        with self._lock:
            for who, ends_at in held.items():
                one = self._consents.get(who)
                # Withdrawn and given anew is another agreement: the camera of the first stops.
                if one is not None and one.ends_at == ends_at != standing.get(who):
                    self._end(who)

    def _pay(self) -> None:
        """Withdraw in the database what was withdrawn here."""
        with self._lock:
            owed = list(self._owed)
        for browser in owed:

            def withdraw(shared: SharedAgreements, browser: str = browser) -> bool:
                shared.withdraw(browser)
                return True

            if self._asked(withdraw):
                with self._lock:
                    self._owed.discard(browser)

    def _keep(self, browser: str, consent: Consent) -> Consent:
        if len(self._consents) >= MAX_AGREEMENTS:
            self._end(next(iter(self._consents)))
        self._consents[browser] = consent
        if consent.ends_at is not None:
            self._look_from_now_on()
        return consent

    def _look_from_now_on(self) -> None:
        if self._looks is None:
            self._looks = threading.Thread(target=self._look_on, name="agreements", daemon=True)
            self._looks.start()

    def _look_on(self) -> None:
        while True:
            time.sleep(LOOK_S)
            self.look()

    def _asked(self, ask: Callable[[SharedAgreements], T]) -> T | None:
        """Return the database's answer; None where there is none."""
        shared = self._shared()
        if shared is None or time.monotonic() < self._not_before:
            return None
        try:
            return ask(shared)
        except SourceError as error:
            self._not_before = time.monotonic() + RETRY_S
            _log.warning("shared agreements cannot be used: %s", type(error).__name__)
            return None

    def _end(self, browser: str) -> None:
        consent = self._consents.pop(browser, None)
        if consent is not None:
            consent.withdraw()
