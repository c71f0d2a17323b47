"""Agreements to the notice, shared by all tabs of a browser and kept in the server's memory."""

from __future__ import annotations

import threading

# Upper bound in memory: a flood evicts older agreements, whose visitors are asked again.
MAX_AGREEMENTS = 16_384


class Consent:
    """One agreement, valid until it is withdrawn. Thread-safe.

    Parameters
    ----------
    version : str, version of the notice that was agreed to
    """

    __slots__ = ("_withdrawn", "version")

    def __init__(self, version: str) -> None:
        self.version = version
        self._withdrawn = threading.Event()

    @property
    def given(self) -> bool:
        """True until the agreement is withdrawn."""
        return not self._withdrawn.is_set()

    def withdraw(self) -> None:
        """End the agreement for good: agreeing again makes a new `Consent`."""
        self._withdrawn.set()


class Agreements:
    """The agreements of all browsers, keyed by `pages.ui.browser.key`. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Oldest first.
        self._consents: dict[str, Consent] = {}

    def of(self, browser: str) -> Consent | None:
        """Return the agreement of a browser; None without one."""
        with self._lock:
            return self._consents.get(browser)

    def give(self, browser: str, version: str) -> Consent:
        """Record a browser's agreement to a version unless it exists, and return it."""
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
