"""Requests to sources as operators see them: one line each in the log, and whoever counts them."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

LOGGER = "moodring.sources"
FINE, ABANDONED = "ok", "abandoned"
PLAIN = "%(levelname)s %(name)s: %(message)s"
# Those of the libraries that have handlers of their own.
_OTHERS = ("streamlit", "uvicorn")
# The parts of our services' paths that say what is done; any other part is an id.
WORDS = frozenset(
    (
        *("api", "token", "v1", "search", "me", "playlists", "items", "player", "play", "queue"),
        *("top", "artists", "track", "turn", "keys", "credentials", "generate-ice-servers"),
    )
)
_log = logging.getLogger(LOGGER)


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """A request to a source that has ended.

    Attributes
    ----------
    source : str, name of the service
    operation : str, what was asked for, in words of ours
    outcome : str, "ok", or the kind of the error
    status : int, of HTTP; 0 where none came
    seconds : float
    """

    source: str
    operation: str
    outcome: str
    status: int
    seconds: float


@dataclass(slots=True)
class Noted:
    """Notes on a request that goes on.

    Attributes
    ----------
    status : int, of HTTP; 0 as long as none has come
    """

    status: int = 0


_observers: list[Callable[[SourceRequest], None]] = []


def tell(observer: Callable[[SourceRequest], None]) -> None:
    """Have a callable told of each request from now on, in the thread of the request."""
    _observers.append(observer)


def operation_of(method: str, address: str) -> str:
    """Return the operation of a request, with a star for each part of its path that is an id."""
    parts = urlsplit(address).path.strip("/").split("/")
    return " ".join((method.upper(), "/".join(one if one in WORDS else "*" for one in parts)))


@contextmanager
def observed(source: str, operation: str) -> Iterator[Noted]:
    """Observe a request; its error passes on.

    Titles, names, keys and tokens stand in addresses, headers, bodies and the messages of
    libraries: none of these is told.

    Parameters
    ----------
    source, operation : str, in words of ours
    """
    noted, begun = Noted(), time.perf_counter()
    outcome = ABANDONED
    try:
        yield noted
        outcome = FINE
    except Exception as error:
        # The name of the class alone: a message may hold anything.
        outcome = type(error).__name__
        raise
    finally:
        seconds = time.perf_counter() - begun
        request = SourceRequest(source, operation, outcome, noted.status, seconds)
        _log.info(
            "%s %s %s status=%d ms=%d",
            source,
            operation,
            outcome,
            noted.status,
            round(1000 * seconds),
            extra={"request": request},
        )
        for observer in _observers:
            observer(request)


class JsonLines(logging.Formatter):
    """A formatter that writes each record as one JSON object.

    An exception is told by its kind alone: its message may hold a title or a key.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        request = getattr(record, "request", None)
        if isinstance(request, SourceRequest):
            told |= {"source": request.source, "operation": request.operation}
            told |= {"outcome": request.outcome, "status": request.status}
            told["ms"] = round(1000 * request.seconds)
        else:
            told["message"] = record.getMessage()
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = record.exc_info[0].__name__
        return json.dumps(told, ensure_ascii=False)


def write_log(*, as_json: bool) -> None:
    """Write a line for each request to a source, and all lines as JSON if that is wanted.

    Called again when the server's own loggers are there.
    """
    form = JsonLines() if as_json else logging.Formatter(PLAIN)
    ours = logging.getLogger(LOGGER)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    if not ours.handlers:
        ours.addHandler(logging.StreamHandler())
    ours.handlers[0].setFormatter(form)
    if not as_json:
        return
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler())
    for name in (None, *logging.root.manager.loggerDict):
        if name is None or name.partition(".")[0] in _OTHERS:
            for handler in logging.getLogger(name).handlers:
                handler.setFormatter(form)
