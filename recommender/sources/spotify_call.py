"""Calls to Spotify on behalf of a signed-in visitor, within a time budget."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from recommender.bulkhead import run_by
from recommender.errors import SourceError, Unavailable
from recommender.settings import LOOPBACK_HOSTS
from recommender.sources.spotify_refusals import NONSENSE, TOO_LATE

if TYPE_CHECKING:
    from collections.abc import Callable

    from recommender.settings import Settings
    from recommender.sources.spotify_line import Refusal, SpotifyLine

T = TypeVar("T")


def token_url(settings: Settings) -> str:
    """Return the address of the token endpoint."""
    return f"{settings.spotify_accounts}/api/token"


def call_within(
    budget_s: float, settings: Settings, ask: Callable[[SpotifyLine], T], refusal: Refusal
) -> T:
    """Return the result of ``ask``, which sends its requests through the given session.

    Parameters
    ----------
    budget_s : float, time limit in seconds for all requests together
    refusal : Refusal, maps a response to its error

    Raises
    ------
    SourceError
        When time runs out, or Spotify refuses or cannot be understood.
    """
    # Import before the clock starts: requests takes a while to import.
    from recommender.sources.spotify_line import SpotifyLine

    deadline = time.monotonic() + budget_s
    line = SpotifyLine(
        deadline,
        token_url=token_url(settings),
        is_local=urlsplit(settings.spotify_api).hostname in LOOPBACK_HOSTS,
        refusal=refusal,
    )

    def work() -> T:
        with line:
            return ask(line)

    try:
        return run_by(deadline, work)
    except SourceError:
        raise
    except TimeoutError:
        raise Unavailable(TOO_LATE) from None
    except Exception as error:  # noqa: BLE001 - malformed responses raise many kinds of errors
        # Log the type only: an error's message may contain the request, and with it a token.
        logging.getLogger(__name__).debug("failed with %s", type(error).__name__)
        raise Unavailable(NONSENSE) from None
    finally:
        line.wires.cut()
