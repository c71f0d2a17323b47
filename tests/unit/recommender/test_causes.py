"""What drivers say of a failed connection, and which message it becomes."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError, OperationalError

from recommender.db.causes import MOST, cause_of

BEFORE = 'connection failed: connection to server at "127.0.0.1", port 5432 failed: '


class DriverError(Exception):
    """As a driver raises it."""

    sqlstate: str | None = None


def cause(said: str, state: str | None = None) -> str | None:
    original = DriverError(said)
    original.sqlstate = state
    return cause_of(OperationalError(None, None, original))


@pytest.mark.parametrize(
    ("said", "meaning"),
    [
        ('FATAL:  password authentication failed for user "x"', "catalogue-no-entry"),
        ("fe_sendauth: no password supplied", "catalogue-no-entry"),
        ('FATAL:  role "x" does not exist', "catalogue-no-entry"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "x"', "catalogue-no-entry"),
        (
            "(1045, \"Access denied for user 'x'@'y' (using password: YES)\")",
            "catalogue-no-entry",
        ),
        ('FATAL:  database "x" does not exist', "catalogue-no-database"),
        ("(1049, \"Unknown database 'x'\")", "catalogue-no-database"),
        ("server does not support SSL, but SSL was required", "catalogue-no-encryption"),
        ('(2026, "SSL is required but the server does not")', "catalogue-no-encryption"),
        ('root certificate file "/x" does not exist', "catalogue-no-encryption"),
        ("channel binding required, but server did not", "catalogue-no-encryption"),
        ("failed to resolve host 'x': [Errno -2] Name or service not known", "catalogue-no-server"),
        ("Connection refused\n\tIs the server running on that host?", "catalogue-no-server"),
        ("(2003, \"Can't connect to MySQL server on 'x' (timed out)\")", "catalogue-no-server"),
        ("connection timeout expired", "catalogue-no-server"),
        ("FATAL:  sorry, too many clients already", "catalogue-no-connection"),
        ("FATAL:  remaining connection slots are reserved", "catalogue-no-connection"),
    ],
)
def test_each_failed_connection_has_its_cause(said: str, meaning: str) -> None:
    for text in (said, BEFORE + said):
        assert cause(text) == meaning
    assert cause(said, "28000") == meaning
    assert cause(said, "HY000") is None


def test_what_is_not_known_has_no_cause() -> None:
    assert cause("something else") is None
    assert cause("x" * MOST + "password") is None
    assert cause_of(ValueError("password")) is None
    assert cause_of(DBAPIError(None, None, sqlite3.OperationalError("password"))) is None


def test_errors_of_statements_are_known_by_their_state() -> None:
    assert cause("x", "22P05") == "catalogue-no-letters"
    assert cause("password", "42501") == "catalogue-no-rights"
