"""The notice, and whether this browser has agreed to it.

Agreement is a version number: in the session, and in a cookie that ends with the browser session,
so that a reload or a second page does not ask again. It says nothing about anybody's face.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cookies, figures
from pages.ui.ways import BY_HAND, use_way

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Raised whenever the notice says something new: an old agreement then no longer counts.
NOTICE_VERSION = "2"
COOKIE = "moodring_notice"
_STATE = "consent"
_WITHDRAWN = "withdrawn"


def agreed(state: Mapping[str, object], cookies: Mapping[str, str]) -> bool:
    """Return whether the notice in its present version has been agreed to.

    What happened in this session counts before the cookie, which Streamlit reads only once.
    """
    return state.get(_STATE, cookies.get(COOKIE)) == NOTICE_VERSION


def given() -> bool:
    """Return whether this visitor has agreed."""
    return agreed(st.session_state, st.context.cookies)


def keep_cookie() -> None:
    """Bring the browser's cookie in step with what was decided in this session."""
    if _STATE in st.session_state:
        value = NOTICE_VERSION if given() else ""
        cookies.write(COOKIE, value)


def give() -> None:
    """Agree to the notice."""
    st.session_state[_STATE] = NOTICE_VERSION


def withdraw() -> None:
    """Take the agreement back, and forget what was read from the face."""
    st.session_state[_STATE] = _WITHDRAWN
    for key in ("photo", "live"):
        st.session_state.pop(key, None)


def _accuracy() -> str:
    measured = figures.measured()
    if measured is None:
        return "not measured"
    return f"right for about {measured['fer2013_accuracy']:.0%} of the faces of a public test set"


def _points(ice_servers: Sequence[Mapping[str, object]]) -> list[tuple[str, str]]:
    names = [str(server.get("urls", "")) for server in ice_servers]
    relay = (
        f"To connect, your browser asks {escape(', '.join(names))}, which learns your address."
        if names
        else "No other server takes part in the connection."
    )
    return [
        ("What is captured", "Pictures from your camera, only while you press Start."),
        (
            "What is made of it",
            "An automatic estimate of your expression, often wrong, and not what you feel. An "
            f"MTCNN face detector and a CNN + DCNN ensemble do it; they are {_accuracy()}.",
        ),
        (
            "Who is looked at",
            "Other people in view are analysed too. Only the largest face is used.",
        ),
        (
            "What is kept",
            f"Nothing. Pictures stay in memory for moments, never stored or sent on. {relay}",
        ),
        (
            "What leaves",
            "A search text, to Spotify or YouTube, when you ask for songs; the songs themselves, "
            "when you save or play them there. Never your face.",
        ),
        (
            "Without a camera",
            "Choose “Go on without a camera” and say by hand how you feel, or turn Photo and "
            "Camera off at any time.",
        ),
        (
            "Changing your mind",
            "“Withdraw” ends it at once, on every page, and forgets the last reading. Moodring is "
            "not for use at work or in education.",
        ),
    ]


def show_notice(ice_servers: Sequence[Mapping[str, object]]) -> None:
    """Draw the notice with its two buttons."""
    items = "".join(
        f'<li class="mr-point"><span class="n">{number}</span>'
        f"<span><b>{title}</b>{text}</span></li>"
        for number, (title, text) in enumerate(_points(ice_servers), start=1)
    )
    with st.container(border=True, key="notice", gap="medium"):
        st.html(
            '<p class="mr-hero mr-second">Before the camera opens</p>'
            '<p class="mr-sub">Moodring reads your face to choose music. '
            "This is all that happens to it.</p>"
        )
        st.html(f'<ol class="mr-notice">{items}</ol>')
        with st.container(horizontal=True):
            st.button("I agree", key="agree", type="primary", on_click=give)
            # By hand needs no agreement.
            st.button("Go on without a camera", key="no-camera", on_click=use_way, args=(BY_HAND,))


def show_withdraw() -> None:
    """Draw the button that takes the agreement back."""
    st.button(
        "Withdraw my agreement",
        key="withdraw",
        icon=":material/visibility_off:",
        on_click=withdraw,
        width="stretch",
    )
