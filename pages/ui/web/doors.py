"""Requests that are turned away before Streamlit sees them, and the headers of all responses."""

from collections.abc import Collection, Sequence
from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from recommender.web.addresses import LOOPBACK_HOSTS

METRICS = "/_stcore/metrics"
# Methods that change nothing (RFC 9110, 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
DEFAULT_PORTS = {"http": 80, "https": 443}
REFUSED = "Only Moodring's own pages may do this."
# Close code for a violated policy (RFC 6455, 7.4.1).
WEBSOCKET_REFUSED = 1008


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


def send_uploads_from_frames(*, framed: bool) -> None:
    """Have Streamlit's cookie against forged uploads sent to frames, unless it is configured."""
    if framed and not config.is_manually_set("server.xsrfCookieSameSite"):
        config.set_option("server.xsrfCookieSameSite", "none", "app.py")


class HostFilter:
    """Middleware that rejects foreign hosts, and requests for the process's metrics.

    A page elsewhere may let its own name lead to this machine (DNS rebinding); the browser then
    takes our answers for that page's. Its name gives it away. Figures of the process are nobody's.

    Streamlit itself checks the host at its own websocket only.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it."""
        if scope["type"] in {"http", "websocket"}:
            host = Headers(scope=scope).get("host")
            # Every browser sends a Host header; a monitoring tool may not.
            if host is not None and not is_host_allowed(host):
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": WEBSOCKET_REFUSED})
                    return
                refusal = PlainTextResponse("This is not the address of Moodring.", 421)
                await refusal(scope, receive, send)
                return
            if scope["path"].rstrip("/").endswith(METRICS):
                await PlainTextResponse("Not found.", 404)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def may_act(origins: Sequence[str], hosts: Sequence[str], allowed: Collection[str]) -> bool:
    """Return whether the page that sends a request may change something here.

    Parameters
    ----------
    origins, hosts : sequence of str, all values of the headers Origin and Host
    allowed : collection of str, other permitted origins, from `server.corsAllowedOrigins`
    """
    if not origins:
        return True
    if len(origins) > 1:
        return False
    (origin,) = origins
    return origin in allowed or (len(hosts) == 1 and _is_same_place(origin, hosts[0]))


def _is_same_place(origin: str, host: str) -> bool:
    """Return whether an origin matches a host; a missing port is the default of the scheme.

    Schemes are not compared: behind a proxy, the server does not see the browser's.
    """
    scheme, _, place = origin.partition("://")
    usual = DEFAULT_PORTS.get(scheme)
    if usual is None:
        return False
    theirs = _parts(place, usual)
    return theirs is not None and theirs == _parts(host, usual)


def _parts(place: str, usual: int) -> tuple[str, int] | None:
    """Return host and port of an address's authority part; None when it is invalid."""
    try:
        parts = urlsplit(f"//{place}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    return None if host is None else (host, usual if port is None else port)


class OriginCheck:
    """Middleware that rejects websockets and unsafe methods from other sites' pages.

    Browsers send cookies to every port of a host, and Streamlit lets the pages of every port of
    localhost open its websocket. The word that browsers give truly is `Origin`. A client that sends
    none is no browser, and nobody's cookies are in it.

    Parameters
    ----------
    allowed : collection of str, other permitted origins
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self._app = app
        self._allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        is_socket = scope["type"] == "websocket"
        acts = is_socket or (scope["type"] == "http" and scope["method"] not in SAFE_METHODS)
        if acts:
            headers = Headers(scope=scope)
            acts = not may_act(headers.getlist("Origin"), headers.getlist("Host"), self._allowed)
        if not acts:
            await self._app(scope, receive, send)
        elif is_socket:
            # For a close before the handshake is accepted, the server answers 403.
            await send({"type": "websocket.close", "code": WEBSOCKET_REFUSED})
        else:
            await PlainTextResponse(REFUSED, 403)(scope, receive, send)


def security_headers(frame_ancestors: str) -> dict[str, str]:
    """Return the headers, by name.

    They follow OWASP's HTTP Headers Cheat Sheet as far as Streamlit, the camera, the players of
    Spotify and YouTube, and remote covers work with it: Streamlit's page needs inline scripts and
    styles, so the policy restricts only objects, the base address and framing.

    Parameters
    ----------
    frame_ancestors : str, origins that may frame our pages, as in Content-Security-Policy
    """
    policy = ("object-src 'none'", "base-uri 'self'", f"frame-ancestors {frame_ancestors}")
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
    }


class SecurityHeaders:
    """Middleware that sets headers.

    Parameters
    ----------
    headers : dict of str to str, values by name
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the headers on the start of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    # A response may set a stricter value itself.
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
