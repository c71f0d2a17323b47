"""Cookies that the page writes in the visitor's browser, for this site alone."""

from __future__ import annotations

import streamlit as st

# Without Max-Age, a cookie ends with the browser session; with 0, at once.
_writer = st.components.v2.component(
    "moodring_cookie",
    js="""
    export default function ({ data }) {
        const age = data.age === null ? "" : `; Max-Age=${data.age}`;
        const secure = location.protocol === "https:" ? "; Secure" : "";
        document.cookie = `${data.name}=${data.value}; Path=/; SameSite=Strict${secure}${age}`;
    }
    """,
)


def write(name: str, value: str, *, max_age_s: int | None = None) -> None:
    """Write a cookie; an empty value deletes it.

    value : of letters, digits, - and _ only
    max_age_s : seconds that it lives; None for as long as the browser session
    """
    age = max_age_s if value else 0
    _writer(data={"name": name, "value": value, "age": age}, key=f"cookie-{name}")
