"""The relays of a camera, for networks that let no other way through: credentials for each start.

They are in the page before its Start is pressed, so that a page that waits long is drawn anew.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import resources
from recommender.errors import SourceError
from recommender.turn.servers import RENEW_S, Ends, Server, credentials, ends_of

if TYPE_CHECKING:
    from recommender.settings import Settings

# The name beside the time of its end: random, so that it tells nothing of anybody.
WORD_BYTES = 6


def ends(settings: Settings) -> tuple[Ends, SourceError | None]:
    """Return the servers that both ends of a connection started now ask.

    Returns
    -------
    Ends
    SourceError or None, why Cloudflare gave none, without which the camera goes on
    """
    made: list[Server] = []
    problem = None
    if settings.turn_secret is not None:
        words = credentials(settings.turn_secret, time.time(), secrets.token_hex(WORD_BYTES))
        made.append({"urls": list(settings.turn_urls), **words})
    hosted = resources.cloudflare()
    if hosted is not None:
        try:
            made += hosted.servers()
        except SourceError as error:
            problem = error
    return ends_of(settings.ice_servers, made, settings.server_ice_servers), problem


def renew(settings: Settings) -> None:
    """Draw the page anew once its credentials have waited long for a start."""
    if settings.turn_secret is not None or settings.cloudflare_turn_token is not None:
        _watch(time.monotonic())


@st.fragment(run_every=float(RENEW_S))
def _watch(drawn: float) -> None:
    if time.monotonic() - drawn >= RENEW_S:
        st.rerun()
