"""Connection to YouTube's search with a deadline. The key leaves this module only in requests."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from recommender.errors import SourceError, Unavailable
from recommender.settings import LOOPBACK_HOSTS
from recommender.sources.youtube_answers import NONSENSE, TOO_LATE, refusal_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from recommender.settings import Settings

# Seconds for one network wait, when the deadline is far away; and the least.
TIMEOUT_S, SHORTEST_S = 4.0, 0.05


class YouTubeLine:
    """A thread-safe wrapper of Google's client."""

    def __init__(self, settings: Settings) -> None:
        # At level DEBUG, the library logs addresses, which contain the key.
        logging.getLogger("googleapiclient.discovery").setLevel(logging.WARNING)
        self._settings = settings
        self._lock = threading.Lock()
        self._service: Any = None

    def ask(self, request: Mapping[str, Any], wires: Any) -> object:  # noqa: ANN401 - httplib2 publishes no types
        """Send a request and return the response.

        Parameters
        ----------
        request : mapping, parameters of YouTube's search; "api" is ignored
        wires : httplib2.Http, from `wires`

        Raises
        ------
        SourceError
            When there is no response, or it is an error.
        """
        from googleapiclient.errors import HttpError
        from httplib2 import HttpLib2Error

        words = {name: value for name, value in request.items() if name != "api"}
        try:
            return self._client().search().list(**words).execute(http=wires)
        except HttpError as error:
            failure: SourceError = refusal_of(error.status_code, error.content)
        except TimeoutError:
            failure = Unavailable(TOO_LATE)
        except (OSError, HttpLib2Error):
            failure = Unavailable("YouTube could not be reached.")
        except Exception as error:  # noqa: BLE001 - malformed responses raise many kinds of errors
            logging.getLogger(__name__).debug("googleapiclient raised %s", type(error).__name__)
            failure = Unavailable(NONSENSE)
        # A chained cause would contain the address, and with it the key.
        raise failure from None

    def wires(self, deadline: float) -> Any:  # noqa: ANN401 - as above
        """Return a new HTTP client for one search."""
        from httplib2 import Http, proxy_info_from_environment

        is_local = urlsplit(self._settings.youtube_api).hostname in LOOPBACK_HOSTS
        wires = Http(
            timeout=max(SHORTEST_S, min(TIMEOUT_S, deadline - time.monotonic())),
            # A proxy cannot reach a fake on this machine.
            proxy_info=None if is_local else proxy_info_from_environment,
        )
        # A redirect would send the key to another host.
        wires.follow_redirects = False
        return wires

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


def cut(wires: Any) -> None:  # noqa: ANN401 - as above
    """Close the connections, so that a server that drips its response holds no thread."""

    def stay_closed() -> None:
        raise ConnectionAbortedError

    for connection in list(wires.connections.values()):
        # The library would reconnect and repeat the request.
        connection.connect = stay_closed
        if (wire := connection.sock) is not None:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
    wires.close()
