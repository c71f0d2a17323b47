"""Lines of the log, plain and as JSON."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

import pytest

from recommender.web.observed import LOGGER, JsonLines, SourceRequest, observed, write_log

if TYPE_CHECKING:
    from collections.abc import Iterator

TITLE = "canary\n\u2028\u202e<script>"


@pytest.fixture(autouse=True)
def loggers() -> Iterator[None]:
    """Leave the loggers as they were."""
    ours, root = logging.getLogger(LOGGER), logging.getLogger()
    before = [(one, one.handlers[:], one.propagate, one.level) for one in (ours, root)]
    forms = [(one, one.formatter) for one in root.handlers]
    ours.handlers[:] = []
    yield
    for handler, form in forms:
        handler.setFormatter(form)
    for one, handlers, propagate, level in before:
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


def record(message: str, **more: object) -> logging.LogRecord:
    made = logging.LogRecord("some", logging.WARNING, __file__, 1, message, None, None)
    made.__dict__.update(more)
    return made


def test_a_request_is_one_object_of_its_fields() -> None:
    request = SourceRequest("spotify", "GET v1/search", "RateLimited", 429, 0.1234)
    told = json.loads(JsonLines().format(record("not shown", request=request)))
    assert told.pop("time").endswith("+00:00")
    assert told == {
        "level": "warning",
        "logger": "some",
        "source": "spotify",
        "operation": "GET v1/search",
        "outcome": "RateLimited",
        "status": 429,
        "ms": 123,
    }


def test_an_exception_is_told_by_its_kind_alone_and_no_text_breaks_the_line() -> None:
    error = ValueError(TITLE)
    line = JsonLines().format(record("two\nlines", exc_info=(ValueError, error, None)))
    assert "canary" not in line
    assert "\n" not in line
    told = json.loads(line)
    assert (told["message"], told["error"]) == ("two\nlines", "ValueError")


@pytest.mark.parametrize("as_json", [False, True])
def test_each_request_is_one_line(as_json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        write_log(as_json=as_json)
    with observed("deezer", "GET search") as noted:
        noted.status = 200
    (line,) = capsys.readouterr().err.splitlines()
    if as_json:
        told = json.loads(line)
        assert (told["source"], told["outcome"], told["status"]) == ("deezer", "ok", 200)
    else:
        assert line.startswith("INFO moodring.sources: deezer GET search ok status=200 ms=")
