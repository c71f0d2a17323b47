"""What can go wrong while a source of music is asked.

SourceError
├── Unavailable     unreachable, too slow, or its answer makes no sense
├── RateLimited     asked too often; ``retry_after`` says for how long to leave it alone
├── QuotaExceeded   the account's allowance is used up
├── NotAuthorised   the key is refused, or the account may not do this
│   ├── SignInEnded   a visitor's sign-in no longer holds
│   └── ScopeMissing  a visitor has not allowed this yet; ``scope`` says what to ask for
├── SignInRefused   what comes back from Spotify is no sign-in that this browser began
├── PlayerRefused   a visitor's player cannot do this now
├── BadTable        a table of songs cannot be read; ``line`` says where
├── UnreadableTable a file is no table of songs that can be imported
├── CannotTag       music cannot be tagged at all: too much of it, no model, no scheduler
└── BadBackup       a file cannot be restored

Each message is one sentence that can be shown to a person, and never holds a key or a token.
"Nothing found" is no error: a source answers with an empty list.
"""

from __future__ import annotations


class SourceError(Exception):
    """Base of all errors of a source."""


class Unavailable(SourceError):
    """The source could not be reached in time, or its answer makes no sense."""


class RateLimited(SourceError):
    """The source asks to be left alone for ``retry_after`` seconds (None: it did not say)."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class QuotaExceeded(SourceError):
    """The account's allowance is used up."""


class NotAuthorised(SourceError):
    """The key is refused, or the account may not do this."""


class SignInEnded(NotAuthorised):
    """A visitor's sign-in no longer holds: after six months, or because they took it back."""


class ScopeMissing(NotAuthorised):
    """A visitor has not allowed this yet; ``scope`` is what to ask them for."""

    def __init__(self, scope: str) -> None:
        super().__init__("Spotify needs your permission for this first.")
        self.scope = scope


class SignInRefused(SourceError):
    """What comes back from Spotify is no sign-in that this browser began, or comes too late."""


class PlayerRefused(SourceError):
    """A visitor's player cannot do this: no Premium, no device, or not now."""


class BadTable(SourceError):
    """A table of songs is not as it must be; the message names the line, counted from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"Line {line} of the table of songs {problem}.")
        self.line = line


class BadBackup(SourceError):
    """A file is no backup, is damaged, or comes from a newer version."""


class UnreadableTable(SourceError):
    """A file is no table of songs, or its columns are not known."""


class CannotTag(SourceError):
    """Music cannot be tagged at all: there is too much of it, no model, or no scheduler."""
