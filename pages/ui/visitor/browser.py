"""The browser of a visitor: the id by which it is known, its cookies, and its time.

A browser is a random word in a cookie that the server makes and no script can read; it ends with
the browser session, as a sign-in on a shared machine should. The cookie carries a tag by a secret
of the server's, so that a word that was not issued here is nobody's. It is set with the first page,
before that can ask for anything.
"""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from zoneinfo import ZoneInfo

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.ui import resources
from pages.ui.js import script

COOKIE = "moodring_browser"
# Browsers accept a cookie with this prefix only over HTTPS, for this very host and all its paths.
HOST_PREFIX = "__Host-"
WORD_BYTES = 16
# 16 bytes of token and 32 bytes of tag, as URL-safe Base64 without padding.
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
# Servers on different ports of a host share its cookies: these digits keep their names apart.
_NAME_DIGITS = 8
# Without Max-Age, a cookie ends with the browser session; with 0, at once.
_writer = st.components.v2.component("moodring_cookie", js=script("cookie"))


def cookie_name(secret: bytes, *, https: bool) -> str:
    """Return the cookie's name."""
    digits = hashlib.sha256(b"name" + secret).hexdigest()[:_NAME_DIGITS]
    return f"{HOST_PREFIX if https else ''}{COOKIE}_{digits}"


def new_cookie(secret: bytes) -> str:
    """Return the value of a new cookie: token and tag."""
    word = secrets.token_urlsafe(WORD_BYTES)
    return f"{word}.{_tag(word, secret)}"


def browser_id(cookie: str, secret: bytes) -> str:
    """Return a digest of a cookie's token, 64 hexadecimal digits; "" when the tag is wrong."""
    known = _COOKIE.fullmatch(cookie)
    if known is None or not hmac.compare_digest(known[2], _tag(known[1], secret)):
        return ""
    return hashlib.sha256(known[1].encode()).hexdigest()


def is_https(headers: Mapping[str, str], scheme: str = "http") -> bool:
    """Return whether the browser sees an HTTPS address, here or at a proxy in front.

    Parameters
    ----------
    headers : mapping of the request's headers, with case-insensitive keys
    scheme : str, scheme of the request as received
    """
    asked = headers.get("X-Forwarded-Proto") or scheme
    return asked.split(",")[0].strip().casefold() in {"https", "wss"}


def key() -> str:
    """Return this browser's secret id, 64 hexadecimal digits; "" when it keeps no cookies."""
    return word_shown(st.context.cookies, st.context.headers, resources.browser_secret)


def word_shown(
    cookies: Mapping[str, str],
    headers: Mapping[str, str],
    secret: Callable[[], bytes],
    scheme: str = "http",
) -> str:
    """Return the id of the browser that sends a request; "" without a valid cookie.

    Parameters
    ----------
    headers : mapping of the request's headers, with case-insensitive keys
    secret : callable, called only when there are cookies
    scheme : str, scheme of the request as received
    """
    if not cookies:
        return ""
    made_with = secret()
    # A proxy may name HTTPS in the page's request or in the websocket's only; Origin has it, too.
    https = is_https(headers, scheme) or headers.get("Origin", "").startswith("https:")
    for over_https in (True, False) if https else (False,):
        word = browser_id(cookies.get(cookie_name(made_with, https=over_https), ""), made_with)
        if word:
            return word
    return ""


def _tag(word: str, secret: bytes) -> str:
    tag = hmac.new(secret, word.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(tag).decode().rstrip("=")


def write(name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Write a cookie; an empty value deletes it.

    Parameters
    ----------
    value : str, letters, digits, - and _ only
    max_age_s : int or None, lifetime in seconds, None for a session cookie
    """
    framed = resources.is_framed()
    data = {
        "name": name,
        "value": value,
        "age": max_age_s if value else 0,
        "plain": attributes(https=False, framed=framed, own="Strict"),
        "secure": attributes(https=True, framed=framed, own="Strict"),
    }
    _writer(data=data, key=f"cookie-{name}")


def attributes(*, https: bool, framed: bool, own: str) -> str:
    """Return the attributes that decide where a cookie is sent: SameSite, Secure, Partitioned.

    Where other sites may frame ours, cookies are sent there as well, partitioned by framing site
    (https://developer.mozilla.org/docs/Web/Privacy/Guides/Partitioned_cookies); browsers accept
    such cookies over HTTPS only.

    Parameters
    ----------
    own : {"Lax", "Strict"}, SameSite of a cookie that is not framed over HTTPS
    """
    if framed and https:
        return "SameSite=None; Secure; Partitioned"
    return f"SameSite={own}{'; Secure' if https else ''}"


def local_now() -> datetime:
    """Return the current time in the visitor's time zone."""
    return datetime.now(UTC).astimezone(zone_of(st.context.timezone))


def zone_of(name: str | None) -> ZoneInfo:
    """Return the time zone that a browser names; UTC for an unknown name."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


class PartitionedCookies:
    """Middleware that partitions Streamlit's cookies, too, by the site that frames our pages.

    Streamlit sends them to frames where `server.xsrfCookieSameSite` is "none", but knows nothing of
    partitions, and browsers drop other cookies of framed sites.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and change the cookies of its answer."""

        async def send_partitioned(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, _partitioned(value) if name.lower() == b"set-cookie" else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, send_partitioned)


def _partitioned(cookie: bytes) -> bytes:
    """Return a Set-Cookie header that ends with Partitioned if frames are sent the cookie."""
    told = {one.strip().lower() for one in cookie.split(b";")[1:]}
    is_whole = b"samesite=none" not in told or b"partitioned" in told
    return cookie if is_whole else cookie + b"; Partitioned"


class BrowserCookie:
    """Middleware that sets the cookie in each browser that opens a page without a valid cookie.

    Parameters
    ----------
    secret : callable, returns the secret, called with the first page and not at server start
    framed : bool, whether other sites may show our pages in a frame
    """

    def __init__(self, app: ASGIApp, secret: Callable[[], bytes], *, framed: bool = False) -> None:
        self._app = app
        self._secret = secret
        self._framed = framed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and set the cookie if the response is a page."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secret, https = self._secret(), is_https(headers, scope["scheme"])
        name = cookie_name(secret, https=https)
        known = browser_id(cookie_parser(headers.get("cookie", "")).get(name, ""), secret)
        # Framed by another site, browsers keep cookies over HTTPS only, partitioned by that site.
        apart = self._framed and https
        if known or not _would_show_cookie(headers, apart=apart):
            await self._app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and is_page(message, headers):
                answer = MutableHeaders(scope=message)
                # Lax, because a Strict cookie is not sent with Spotify's redirect, and would seem
                # to be missing. Websocket handshakes from other sites' pages send neither.
                rest = attributes(https=https, framed=self._framed, own="Lax")
                answer.append(
                    "Set-Cookie", f"{name}={new_cookie(secret)}; Path=/; HttpOnly; {rest}"
                )
                # A proxy that cached this response would give the same token to many browsers.
                answer["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _would_show_cookie(headers: Headers, *, apart: bool) -> bool:
    """Return whether the browser would have sent the cookie if it had it.

    It withholds the cookie from frames and pictures in other sites' pages, and a new cookie must
    not replace a withheld cookie. Frames within our own page load after the page itself.

    Parameters
    ----------
    apart : bool, whether the browser partitions the cookie by the site that frames ours
    """
    destination = headers.get("sec-fetch-dest", "document")
    sites = {"same-site", "cross-site"} if apart else {"same-site"}
    return destination == "document" or (
        destination == "iframe" and headers.get("sec-fetch-site") in sites
    )


def is_page(start: Message, asked: Headers) -> bool:
    """Return whether a response is a page, or confirms a page in the browser's cache."""
    if start["status"] == HTTPStatus.NOT_MODIFIED:
        return "text/html" in asked.get("accept", "")
    kind = MutableHeaders(scope=start).get("content-type", "")
    return bool(start["status"] == HTTPStatus.OK) and kind.startswith("text/html")
