"""Cookies that the page writes in the visitor's browser, for this site alone, and their kind."""

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

    value : of letters, digits, - and _ only
    max_age_s : seconds that it lives; None for as long as the browser session
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
    """Return the attributes that say where a cookie is sent.

    Where other sites may show ours in a frame, a cookie is sent there as well, and each of those
    sites has its own (https://developer.mozilla.org/docs/Web/Privacy/Guides/Partitioned_cookies);
    browsers take such a cookie over HTTPS only.

    own : the SameSite of a site that nobody frames, "Lax" or "Strict"
    """
    if framed and https:
        return "SameSite=None; Secure; Partitioned"
    return f"SameSite={own}{'; Secure' if https else ''}"
