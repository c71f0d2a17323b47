"""Whether a visitor is the owner, who alone may change what all visitors share.

The owner is whoever has opened the address that the server prints at its start, to a terminal only
(`pages.ui.web.owner_word`). Its visit leaves a cookie, and nothing but that cookie counts: a header
or an address is the client's or a proxy's to choose.
"""

from __future__ import annotations

import hmac
import secrets

import streamlit as st

COOKIE = "moodring_owner"
WORD_BYTES = 32
# One for each process: the next has another. Where nobody has read it, there is no owner.
WORD = secrets.token_urlsafe(WORD_BYTES)


def cookie_name() -> str:
    """Return what the owner's cookie is called: browsers send it to every port of a host."""
    return f"{COOKIE}_{st.get_option('server.port')}"


def cookie_of(word: str) -> str:
    """Return what the owner's cookie holds: made from the word, which cannot be told from it."""
    return hmac.digest(word.encode(), COOKIE.encode(), "sha256").hex()


def is_same(given: object, expected: str) -> bool:
    """Compare two secrets, in a time that tells nothing of where they differ.

    given : of a visitor; anything but text is none
    """
    return isinstance(given, str) and hmac.compare_digest(
        given.encode(errors="replace"), expected.encode()
    )


def is_owner() -> bool:
    """Return whether this visitor may change what all share."""
    return is_same(st.context.cookies.get(cookie_name()), cookie_of(WORD))
