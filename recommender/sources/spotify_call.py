"""One errand to Spotify for a visitor, with an end."""

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
    """Return the address that gives tokens."""
    return f"{settings.spotify_accounts}/api/token"


def call_within(
    budget_s: float, settings: Settings, ask: Callable[[SpotifyLine], T], refusal: Refusal
) -> T:
    """Return what ``ask`` makes of its requests, if that is done within the budget.

    Raises
    ------
    SourceError
        When it is not, or when Spotify refuses.
    """
    # requests takes a while to import, which must not be taken from the first budget.
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
    except Exception as error:  # noqa: BLE001 - answers of odd shapes make many kinds of them
        # The kind alone: the words of an error could hold what was sent, and with it a token.
        logging.getLogger(__name__).debug("failed with %s", type(error).__name__)
        raise Unavailable(NONSENSE) from None
    finally:
        line.wires.cut()
