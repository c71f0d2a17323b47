"""Rejection of foreign host names and of requests for metrics, before Streamlit sees them.

A foreign page may resolve its own name to this machine (DNS rebinding), so that the browser takes
our responses for that page's; the Host header gives it away. The process's metrics are private.
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
    """Let Streamlit answer to this machine's own names only, while it listens on loopback.

    Host names that an administrator has configured stay as they are.

    Parameters
    ----------
    redirect_uri : str, address of Spotify's redirect, perhaps at a proxy, whose host is allowed
    """
    told = st.get_option("server.allowedHosts")
    if not told and st.get_option("server.address") in LOOPBACK_HOSTS:
        ours = LOOPBACK_HOSTS | {urlsplit(redirect_uri).hostname or ""} - {""}
        config.set_option("server.allowedHosts", sorted(ours), "app.py")


def answer_to_no_host_page(*, framed: bool) -> None:
    """Stop Streamlit's page from taking commands from pages of Streamlit's cloud, as by default.

    Origins that an administrator has configured stay, and the default where others may frame it.
    """
    if not framed and not config.is_manually_set("client.allowedOrigins"):
        config.set_option("client.allowedOrigins", [], "app.py")


class Doors:
    """Middleware that rejects foreign hosts, and requests for the process's metrics.

    Streamlit itself checks the host at the websocket only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] == "http":
            host = Headers(scope=scope).get("host")
            # Every browser sends a Host header; a monitoring tool may not.
            if host is not None and not is_host_allowed(host):
                refusal = PlainTextResponse("This is not the address of Moodring.", 421)
                await refusal(scope, receive, send)
                return
            if scope["path"].rstrip("/").endswith(METRICS):
                await PlainTextResponse("Not found.", 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)
