"""Agreements to the notice: one state for all tabs of a browser, in the server's memory."""

from __future__ import annotations

import threading

# A flood of agreements drives out others', and their visitors are then asked again.
MAX_AGREEMENTS = 16_384


class Consent:
    """One agreement, until it is withdrawn; may be asked from any thread.

    version : of the notice that was agreed to
    """

    __slots__ = ("_withdrawn", "version")

    def __init__(self, version: str) -> None:
        self.version = version
        self._withdrawn = threading.Event()

    @property
    def given(self) -> bool:
        """Whether it still stands."""
        return not self._withdrawn.is_set()

    def withdraw(self) -> None:
        """End it for good: who agrees again makes another one."""
        self._withdrawn.set()


class Agreements:
    """The agreements of all browsers. Any number of threads may use it at once.

    A browser is a word that no other browser can know.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # The oldest first.
        self._consents: dict[str, Consent] = {}

    def of(self, browser: str) -> Consent | None:
        """Return the agreement of a browser, None where there is none."""
        with self._lock:
            return self._consents.get(browser)

    def give(self, browser: str, version: str) -> Consent:
        """Note that a browser has agreed to a version, unless it has already."""
        with self._lock:
            known = self._consents.get(browser)
            if known is not None and known.version == version:
                return known
            self._end(browser)
            if len(self._consents) >= MAX_AGREEMENTS:
                self._end(next(iter(self._consents)))
            made = self._consents[browser] = Consent(version)
            return made

    def withdraw(self, browser: str) -> None:
        """End the agreement of a browser, in all its tabs."""
        with self._lock:
            self._end(browser)

    def _end(self, browser: str) -> None:
        consent = self._consents.pop(browser, None)
        if consent is not None:
            consent.withdraw()


AGREEMENTS = Agreements()
