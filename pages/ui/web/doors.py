"""Requests that are turned away before Streamlit sees them.

A page elsewhere may let its own name lead to this machine (DNS rebinding); the browser then takes
our answers for that page's. Its name gives it away. And figures of the process are nobody's here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from recommender.settings import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

METRICS = "/_stcore/metrics"


def allow_only_our_names(redirect_uri: str) -> None:
    """Let Streamlit answer to this machine's own names alone, where it serves nobody else.

    Not where an administrator has said which names there are, or listens at another address.

    redirect_uri : where Spotify sends visitors back to, be it behind a proxy
    """
    told = st.get_option("server.allowedHosts")
    if not told and st.get_option("server.address") in LOOPBACK_HOSTS:
        ours = LOOPBACK_HOSTS | {urlsplit(redirect_uri).hostname or ""} - {""}
        config.set_option("server.allowedHosts", sorted(ours), "app.py")


def answer_to_no_host_page(*, framed: bool) -> None:
    """Keep Streamlit's page from obeying the pages of Streamlit's own cloud, its default.

    Not where an administrator has said whom it obeys, or lets other sites show it in a frame.
    """
    if not framed and not config.is_manually_set("client.allowedOrigins"):
        config.set_option("client.allowedOrigins", [], "app.py")


class Doors:
    """Middleware that refuses hosts that are not ours, and the process's figures.

    Streamlit itself asks for the host at the websocket alone.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host")
            # Every browser names one; what looks after a server may not.
            if host is not None and not is_host_allowed(host):
                refusal = PlainTextResponse("This is not the address of Moodring.", 421)
                await refusal(scope, receive, send)
                return
            if scope["path"].rstrip("/").endswith(METRICS):
                await PlainTextResponse("Not found.", 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)
