"""Errors of music sources, the catalogue and the library.

SourceError
├── Unavailable     unreachable, too slow, or the response makes no sense
├── RateLimited     too many requests; ``retry_after`` says how long to wait
├── QuotaExceeded   the account's quota is used up
├── NotAuthorised   the key is refused, or the account lacks permission
│   ├── SignInEnded   a visitor's sign-in is no longer valid
│   └── ScopeMissing  a visitor has not granted ``scope`` yet
├── SignInRefused   the redirect from Spotify belongs to no pending sign-in of this browser
├── PlayerRefused   a visitor's player cannot do this now
├── BadTable        a table of songs cannot be read; ``line`` says where
├── UnreadableTable a file is no table of songs that can be imported
├── CannotTag       music cannot be tagged at all: too much of it, no model, no scheduler
└── BadBackup       a file cannot be restored

Each message is one sentence that can be shown to a person, and never contains a key or a token.
"Nothing found" is no error: a source returns an empty list.
"""

from __future__ import annotations


class SourceError(Exception):
    """Base class of all errors of a source."""


class Unavailable(SourceError):
    """The source could not be reached in time, or its response makes no sense."""


class RateLimited(SourceError):
    """The source asks for no requests for ``retry_after`` seconds (None: unspecified)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExceeded(SourceError):
    """The account's quota is used up."""


class NotAuthorised(SourceError):
    """The key is refused, or the account lacks permission."""


class SignInEnded(NotAuthorised):
    """A visitor's sign-in is no longer valid: it expired after six months or was revoked."""


class ScopeMissing(NotAuthorised):
    """A visitor has not granted ``scope`` yet."""

    def __init__(self, scope: str) -> None:
        super().__init__("Spotify needs your permission for this first.")
        self.scope = scope


class SignInRefused(SourceError):
    """The redirect from Spotify is late, or belongs to no pending sign-in of this browser."""


class PlayerRefused(SourceError):
    """A visitor's player cannot do this: no Premium, no device, or not now."""


class BadTable(SourceError):
    """A table of songs is invalid; the message names the line, counted from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line} of the table of songs {problem}.")
        self.line = line


class BadBackup(SourceError):
    """A file is no backup, is damaged, or comes from a newer version."""


class UnreadableTable(SourceError):
    """A file is no table of songs, or its columns are unknown."""


class CannotTag(SourceError):
    """Music cannot be tagged at all: there is too much of it, no model, or no scheduler."""
