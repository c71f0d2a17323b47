"""Errors of libraries become a source's, and none of them is forgotten."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, get_args

import pytest

from recommender.errors import FAILURES, Failure, RateLimited, Service, SourceError, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = Service("Fake")
LIBRARIES = {
    "requests.exceptions": "late unreachable nonsense",
    "urllib3.exceptions": "late unreachable nonsense",
    "httplib2.error": "unreachable",
    "spotipy.exceptions": "nonsense",
    "spotipy.oauth2": "nonsense",
    "googleapiclient.errors": "nonsense",
    "google.auth.exceptions": "nonsense",
    "sqlalchemy.exc": "unusable",
    "sqlite3": "unusable",
    "http.client": "unreachable nonsense",
    "socket": "late unreachable",
    "ssl": "unreachable",
    "json": "nonsense",
}
# What no caller sees: a warning that is no `Warning`, and errors that the libraries catch.
NEVER_RAISED = {"Warning", "_GiveupOnSendfile", "EmulatedDBAPIException"}


def errors_of(module: str) -> Iterator[type[Exception]]:
    """Yield the classes of errors of a library."""
    for one in vars(import_module(module)).values():
        is_error = isinstance(one, type) and issubclass(one, Exception) and one is not Exception
        if is_error and not issubclass(one, Warning) and one.__name__ not in NEVER_RAISED:
            yield one


def failure_of(kind: type[Exception]) -> SourceError:
    # Without its constructor, which wants other things in each library.
    return SERVICE.error_from(kind.__new__(kind))


def test_the_map_names_classes_that_there_are() -> None:
    for name, failure in FAILURES.items():
        module, _, kind = name.rpartition(".")
        assert issubclass(getattr(import_module(module), kind), Exception), name
        assert failure in get_args(Failure)


@pytest.mark.parametrize("module", LIBRARIES)
def test_every_error_of_a_library_is_mapped(module: str, caplog: pytest.LogCaptureFixture) -> None:
    said = {str(failure_of(kind)) for kind in errors_of(module)}
    # An error that is not in the map is told to whoever reads the log.
    assert caplog.messages == []
    kinds = LIBRARIES[module].split()
    assert said == {str(SERVICE.failure(kind)) for kind in get_args(Failure) if kind in kinds}


def test_the_nearest_class_counts() -> None:
    from requests import ConnectTimeout

    assert str(failure_of(ConnectTimeout)) == "Fake-late"
    assert str(failure_of(ConnectionResetError)) == "Fake-unreachable"
    assert str(failure_of(UnicodeDecodeError)) == "Fake-nonsense"


def test_an_error_of_ours_stays_and_another_is_told_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    ours = RateLimited("Later.", 7)
    assert SERVICE.error_from(ours) is ours
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as told, SERVICE.errors():
        raise KeyError("canary")
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__
    assert caplog.messages == ["Fake raised KeyError"]


def test_a_service_has_its_own_messages() -> None:
    broken = Service("library", nonsense="out-of-order")
    assert str(broken.error_from(ValueError())) == "Your library is out of order."
    assert str(broken.error_from(OSError())) == "Your library could not be reached."
