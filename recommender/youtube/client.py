"""YouTube's search: its answers, its refusals, and the connection to it, with an end.

The key never leaves the connection but in a request.
"""

import contextlib
import html
import logging
import re
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from recommender import errors
from recommender.settings import Settings
from recommender.text import fold, json_object, visible
from recommender.types import Track, youtube_link
from recommender.web.addresses import LOOPBACK_HOSTS
from recommender.web.observed import observed

YOUTUBE = errors.Service("youtube")
# Characters of a video's title; YouTube's own limit is 100.
MAX_TITLE = 1000

# Additions such as "Halo (Live)" or "Halo - 2009 Remaster", which a video's title need not have.
# Blanks are made single before, so the search is linear.
_ADDED = re.compile(r" ?[(\[].*| [-–—] .*")
_QUOTA = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_INVALID = frozenset({"keyInvalid", "API_KEY_INVALID"})
_HASTE = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})


def fitting_video(answer: object, track: Track) -> str | None:
    """Return the id of the first video of the song, or None.

    Raises
    ------
    Unavailable
        When the response has another shape.
    """
    items = answer.get("items", []) if isinstance(answer, dict) else None
    if not isinstance(items, list):
        raise YOUTUBE.failure("nonsense")
    title = fold(_bare(track.title))
    artists = [fold(artist) for artist in track.artists]
    for video, name, channel in filter(None, map(_parts, items)):
        # A channel of automatic uploads is named after the artist: "Queen - Topic".
        if title in name and any(artist in name or artist in channel for artist in artists):
            return video
    return None


def _bare(title: str) -> str:
    return _ADDED.sub("", visible(title)) or title


def _parts(item: object) -> tuple[str, str, str] | None:
    """Return a video's id, and its title and channel normalised for comparison."""
    if not isinstance(item, dict):
        return None
    identity, snippet = item.get("id"), item.get("snippet")
    if not (isinstance(identity, dict) and isinstance(snippet, dict)):
        return None
    texts = (identity.get("videoId"), snippet.get("title"), snippet.get("channelTitle", ""))
    # Cut the text: Python refuses integers over 4,300 digits, which "&#9999…" makes `html` parse.
    video, title, channel = (text[:MAX_TITLE] if isinstance(text, str) else "" for text in texts)
    if youtube_link(video) is None:
        return None
    return video, fold(html.unescape(title)), fold(html.unescape(channel))


def error_from_response(status: int, body: bytes) -> errors.SourceError:
    """Return the error for a response with a status other than 200."""
    error = json_object(body).get("error")
    error = error if isinstance(error, dict) else {}
    reasons = set(_reasons(error))
    if reasons & _INVALID or "API key not valid" in str(error.get("message")):
        return errors.NotAuthorised("youtube-bad-key")
    # Google uses the same reason for limits per day and per minute.
    if reasons & _QUOTA or b"PerDay" in body:
        return errors.QuotaExceeded("youtube-spent")
    if status == HTTPStatus.TOO_MANY_REQUESTS or reasons & _HASTE:
        return errors.RateLimited("youtube-pause")
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return errors.NotAuthorised("youtube-no-search")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.Unavailable("youtube-out-of-order")
    return YOUTUBE.failure("nonsense")


def _reasons(error: dict[str, Any]) -> Iterator[str]:
    """Yield the reasons of an error, in Google's old and new formats."""
    for name in ("errors", "details"):
        listed = error.get(name)
        for entry in listed if isinstance(listed, list) else []:
            reason = entry.get("reason") if isinstance(entry, dict) else None
            if isinstance(reason, str):
                yield reason


# Seconds for one network wait, when the deadline is far away; and the least.
TIMEOUT_S, SHORTEST_S = 4.0, 0.05


class YouTubeClient:
    """A thread-safe wrapper of Google's client."""

    def __init__(self, settings: Settings) -> None:
        # At level DEBUG, the library logs addresses, which contain the key.
        logging.getLogger("googleapiclient.discovery").setLevel(logging.WARNING)
        self._settings = settings
        self._lock = threading.Lock()
        self._service: Any = None

    def ask(self, request: Mapping[str, Any], connections: Any) -> object:  # noqa: ANN401 - httplib2 publishes no types
        """Send a request and return the response.

        Parameters
        ----------
        request : mapping, parameters of YouTube's search; "api" is ignored
        connections : httplib2.Http, from `connections`

        Raises
        ------
        SourceError
            When there is no response, or it is an error.
        """
        from googleapiclient.errors import HttpError

        words = {name: value for name, value in request.items() if name != "api"}
        with observed(YOUTUBE.name, "search") as noted, YOUTUBE.errors():
            try:
                return self._client().search().list(**words).execute(http=connections)
            except HttpError as error:
                noted.status = error.status_code
                # A chained cause would contain the address, and with it the key.
                raise error_from_response(error.status_code, error.content) from None

    def connections(self, deadline: float) -> Any:  # noqa: ANN401 - as above
        """Return a new HTTP client for one search."""
        from httplib2 import Http, proxy_info_from_environment

        is_local = urlsplit(self._settings.youtube_api).hostname in LOOPBACK_HOSTS
        connections = Http(
            timeout=max(SHORTEST_S, min(TIMEOUT_S, deadline - time.monotonic())),
            # A proxy cannot reach a fake on this machine.
            proxy_info=None if is_local else proxy_info_from_environment,
        )
        # A redirect would send the key to another host.
        connections.follow_redirects = False
        return connections

    def _client(self) -> Any:  # noqa: ANN401 - the library makes its classes at run time
        from googleapiclient.discovery import build
        from httplib2 import Http

        with self._lock:
            if self._service is None:
                self._service = build(
                    "youtube",
                    "v3",
                    developerKey=self._settings.youtube_key,
                    static_discovery=True,
                    cache_discovery=False,
                    # A default that every request replaces; without it, the library would look for
                    # credentials on this machine.
                    http=Http(timeout=TIMEOUT_S),
                    client_options={"api_endpoint": self._settings.youtube_api},
                )
            return self._service


def abort(connections: Any) -> None:  # noqa: ANN401 - as above
    """Close the connections, so that a server that drips its response holds no thread."""

    def stay_closed() -> None:
        raise ConnectionAbortedError

    for connection in list(connections.connections.values()):
        # The library would reconnect and repeat the request.
        connection.connect = stay_closed
        if (wire := connection.sock) is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
    connections.close()
