"""Which browser this is, for what must not be carried from one to another.

The word is Streamlit's own cookie against forged requests, and not the listener's: the server sets
it before the page can ask for anything, so it is there in the session that leaves for Spotify and
in the new one that comes back; nobody needs a cookie of ours for it; and it ends with the browser
session, as a sign-in on a shared machine should.
"""

from __future__ import annotations

import hashlib
import re

import streamlit as st

COOKIE = "_streamlit_xsrf"
# Version, mask, masked word, time: each answer of the server masks the same word anew.
_MASKED = re.compile(r"2\|([0-9a-f]{8})\|((?:[0-9a-f]{2}){16,64})\|[0-9]{1,20}")


def word_of(cookie: str) -> str:
    """Return what stays the same in the cookie, as a digest; "" when it is none of Streamlit's."""
    known = _MASKED.fullmatch(cookie.strip('"'))
    if known is None:
        return ""
    mask, masked = bytes.fromhex(known[1]), bytes.fromhex(known[2])
    word = bytes(byte ^ mask[index % len(mask)] for index, byte in enumerate(masked))
    return hashlib.sha256(word).hexdigest()


def key() -> str:
    """Return a word for this browser that no other knows; "" when it keeps no cookies."""
    return word_of(st.context.cookies.get(COOKIE, ""))
