"""Recognition of the owner, the only visitor who may change shared data.

The owner has opened the address that the server prints at its start, to a terminal only
(`pages.ui.web.owner_word`). That visit sets a cookie, and only the cookie counts: headers and
addresses are chosen by clients and proxies.
"""

from __future__ import annotations

import hmac
import secrets

import streamlit as st

COOKIE = "moodring_owner"
WORD_BYTES = 32
# New in each process. There is no owner until it has been read at the terminal.
WORD = secrets.token_urlsafe(WORD_BYTES)


def cookie_name() -> str:
    """Return the name of the owner's cookie, with the port: browsers send it to all ports."""
    return f"{COOKIE}_{st.get_option('server.port')}"


def cookie_of(word: str) -> str:
    """Return the value of the owner's cookie: an HMAC that does not reveal the word."""
    return hmac.digest(word.encode(), COOKIE.encode(), "sha256").hex()


def is_same(given: object, expected: str) -> bool:
    """Compare two secrets in constant time.

    Parameters
    ----------
    given : object, sent by the visitor, never equal unless it is a str
    """
    return isinstance(given, str) and hmac.compare_digest(
        given.encode(errors="replace"), expected.encode()
    )


def is_owner() -> bool:
    """Return whether this visitor is the owner."""
    return is_same(st.context.cookies.get(cookie_name()), cookie_of(WORD))
