"""Errors of music sources, the catalogue and the library."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from recommender.wording import WordedError

_log = logging.getLogger(__name__)


class SourceError(WordedError):
    """Base class of all errors of a source.

    Each carries the id and the values of its message, never a key or a token; `recommender.wording`
    puts it into words. "Nothing found" is no error: a source returns an empty list.
    """


class Unavailable(SourceError):
    """The source could not be reached in time, or its response makes no sense."""


class RateLimited(SourceError):
    """The source asks for no requests for ``retry_after`` seconds (None: unspecified)."""

    def __init__(
        self, message_id: str, /, retry_after: float | None = None, **values: object
    ) -> None:
        super().__init__(message_id, **values)
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
        super().__init__("spotify-needs-permission")
        self.scope = scope


class SignInRefused(SourceError):
    """The redirect from Spotify is late, or belongs to no pending sign-in of this browser."""


class PlayerRefused(SourceError):
    """A visitor's player cannot do this: no Premium, no device, or not now."""


class BadTable(SourceError):
    """A table of songs is invalid; ``line`` among the values counts from 1."""


class BadBackup(SourceError):
    """A file is no backup, is damaged, or comes from a newer version."""


class UnreadableTable(SourceError):
    """A file is no table of songs, or its columns are unknown."""


class CannotTag(SourceError):
    """Music cannot be tagged at all: there is too much of it, no model, or no scheduler."""


Failure = Literal["late", "unreachable", "unusable", "nonsense"]

# Libraries' errors by the names of their classes, because what only passes them on imports none of
# the libraries. The nearest class counts; any other error is an answer that makes no sense.
FAILURES: Mapping[str, Failure] = {
    "builtins.TimeoutError": "late",
    "requests.exceptions.Timeout": "late",
    "urllib3.exceptions.TimeoutError": "late",
    "builtins.OSError": "unreachable",
    "requests.exceptions.RequestException": "unreachable",
    "urllib3.exceptions.HTTPError": "unreachable",
    "httplib2.error.HttpLib2Error": "unreachable",
    "sqlalchemy.exc.SQLAlchemyError": "unusable",
    "sqlite3.Error": "unusable",
    "builtins.ValueError": "nonsense",
    "http.client.HTTPException": "nonsense",
    "requests.exceptions.InvalidJSONError": "nonsense",
    "spotipy.exceptions.SpotifyBaseException": "nonsense",
    "googleapiclient.errors.Error": "nonsense",
    "google.auth.exceptions.GoogleAuthError": "nonsense",
}


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and the ends of the ids of messages about its failures.

    Attributes
    ----------
    name : str, the beginning of these ids
    """

    name: str
    late: str = "late"
    unreachable: str = "unreachable"
    unusable: str = "unusable"
    nonsense: str = "nonsense"

    def failure(self, kind: Failure) -> Unavailable:
        """Return the error for a kind of failure."""
        return Unavailable(f"{self.name}-{getattr(self, kind)}")

    def error_from(self, error: Exception) -> SourceError:
        """Return the error of a library as this service's; a `SourceError` stays as it is."""
        if isinstance(error, SourceError):
            return error
        names = (f"{one.__module__}.{one.__qualname__}" for one in type(error).__mro__)
        kind = next((FAILURES[name] for name in names if name in FAILURES), None)
        if kind is None:
            # The type only: a library's message may contain a key.
            _log.warning("%s raised %s", self.name, type(error).__name__)
        return self.failure(kind or "nonsense")

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Convert any error to a `SourceError`, without its cause, which may contain a key."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - malformed answers raise many kinds of errors
            raise self.error_from(error) from None
