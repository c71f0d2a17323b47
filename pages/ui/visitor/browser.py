"""The browser of a visitor: the word by which it is known, and the cookies that the page writes.

A browser is a random word in a cookie that the server makes and no script can read; it ends with
the browser session, as a sign-in on a shared machine should. The cookie carries a tag by a secret
of the server's, so that a word that was not issued here is nobody's.
`pages.ui.web.browser_cookie` sets it, before the page can ask for anything.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import resources
from pages.ui.js import script
from recommender.settings import DEFAULT_FRAME_ANCESTORS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


COOKIE = "moodring_browser"
# Browsers accept a cookie with this prefix only over HTTPS, for this very host and all its paths.
HOST_PREFIX = "__Host-"
WORD_BYTES = 16
# 16 bytes of token and 32 bytes of tag, as URL-safe Base64 without padding.
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
# Servers on different ports of a host share its cookies: these digits keep their names apart.
_NAME_DIGITS = 8


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


# Without Max-Age, a cookie ends with the browser session; with 0, at once.
_writer = st.components.v2.component(
    "moodring_cookie",
    js=script("cookie"),
)


def write(name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Write a cookie; an empty value deletes it.

    Parameters
    ----------
    value : str, letters, digits, - and _ only
    max_age_s : int or None, lifetime in seconds, None for a session cookie
    """
    framed = resources.settings().frame_ancestors != DEFAULT_FRAME_ANCESTORS
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
