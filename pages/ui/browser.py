"""Which browser this is, for what must not be carried from one to another.

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

from pages.ui import wiring

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

COOKIE = "moodring_browser"
# Browsers take a cookie of such a name over HTTPS only, from this very host, for all its paths.
HOST_PREFIX = "__Host-"
WORD_BYTES = 16
# Sixteen bytes and the thirty-two of the tag, as URL-safe Base64 writes them.
_COOKIE = re.compile(r"([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})")
# Two servers on one host share their cookies, whatever their ports; by these digits they do not
# overwrite each other's.
_NAME_DIGITS = 8


def cookie_name(secret: bytes, *, https: bool) -> str:
    """Return what the cookie is called."""
    digits = hashlib.sha256(b"name" + secret).hexdigest()[:_NAME_DIGITS]
    return f"{HOST_PREFIX if https else ''}{COOKIE}_{digits}"


def new_cookie(secret: bytes) -> str:
    """Return the cookie of a browser that had none."""
    word = secrets.token_urlsafe(WORD_BYTES)
    return f"{word}.{_tag(word, secret)}"


def word_of(cookie: str, secret: bytes) -> str:
    """Return a digest of the word in a cookie; "" when it was not issued with this secret."""
    known = _COOKIE.fullmatch(cookie)
    if known is None or not hmac.compare_digest(known[2], _tag(known[1], secret)):
        return ""
    return hashlib.sha256(known[1].encode()).hexdigest()


def is_https(headers: Mapping[str, str], scheme: str = "http") -> bool:
    """Return whether the browser sees an HTTPS address, here or at a proxy in front.

    headers : of the request, which may be asked in any case
    scheme : of the request as it came in
    """
    asked = headers.get("X-Forwarded-Proto") or scheme
    return asked.split(",")[0].strip().casefold() in {"https", "wss"}


def key() -> str:
    """Return a word for this browser that no other knows; "" when it keeps no cookies."""
    return word_shown(st.context.cookies, st.context.headers, wiring.browser_secret)


def word_shown(
    cookies: Mapping[str, str], headers: Mapping[str, str], secret: Callable[[], bytes]
) -> str:
    """Return the word that a browser shows with a request; "" when it shows none.

    headers : of the request, which may be asked in any case
    secret : called when there are cookies
    """
    if not cookies:
        return ""
    made_with = secret()
    # A proxy may forget to speak of HTTPS to one of the two: the page's own address says it too.
    https = is_https(headers) or headers.get("Origin", "").startswith("https:")
    for over_https in (True, False) if https else (False,):
        word = word_of(cookies.get(cookie_name(made_with, https=over_https), ""), made_with)
        if word:
            return word
    return ""


def _tag(word: str, secret: bytes) -> str:
    tag = hmac.new(secret, word.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(tag).decode().rstrip("=")
