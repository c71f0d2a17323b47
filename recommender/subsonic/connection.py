"""One request to a music server. It imports requests, so import this module lazily."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from recommender.subsonic.errors import SERVER, error_from_status, named_error
from recommender.web.route import CONNECT_TIMEOUT_S, session_to

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

    from recommender.web.addresses import ServerAddress
    from recommender.web.route import Route

# Five hundred songs take about 600 kB.
MAX_BODY_BYTES = 8_000_000
# Seconds for the next bytes; a server may begin to transcode first.
READ_TIMEOUT_S = 10.0


def begin(
    address: ServerAddress,
    method: str,
    words: Mapping[str, Any],
    *,
    route: Route,
    deadline: float,
    headers: Mapping[str, str],
) -> requests.Response:
    """Send a request and return the response before its body is read; the caller closes it.

    Parameters
    ----------
    method : str, of Subsonic, such as "ping"
    words : mapping, parameters of the query
    deadline : float, value of ``time.monotonic()`` after which no request is sent

    Raises
    ------
    SourceError
        When there is no response in time, or its status is an error.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise SERVER.failure("late")
    response = session_to(address, route).get(
        f"{address.base}/rest/{method}.view",
        params=words,
        headers={"User-Agent": "Moodring", **headers},
        timeout=(min(CONNECT_TIMEOUT_S, left), min(READ_TIMEOUT_S, left)),
        stream=True,
        # A redirect would carry the password to another host.
        allow_redirects=False,
    )
    failure = error_from_status(response.status_code, response.headers)
    if failure is not None:
        # Some servers send Subsonic's errors with a status of HTTP, too.
        raise named_error(body_of(response)) or failure
    return response


def body_of(response: requests.Response) -> bytes:
    """Return the body, and end the response. Raises Unavailable for one that is too long."""
    with response:
        body: bytes = response.raw.read(MAX_BODY_BYTES + 1, decode_content=True)
    if len(body) > MAX_BODY_BYTES:
        raise SERVER.failure("nonsense")
    return body
