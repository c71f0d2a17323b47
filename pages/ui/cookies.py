"""Cookies that a page sets by script, and the attributes of all of Moodring's cookies."""

from __future__ import annotations

import streamlit as st

from pages.ui import wiring
from pages.ui.js import script
from recommender.settings import DEFAULT_FRAME_ANCESTORS

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
    framed = wiring.settings().frame_ancestors != DEFAULT_FRAME_ANCESTORS
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
