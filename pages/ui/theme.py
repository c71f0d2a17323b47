"""The frame around every page: title, style, navigation."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from pages.ui import resources

STYLE = Path(__file__).with_name("style.css")
ICON = Path(__file__).with_name("ring.svg")

# One colour per emotion, wherever an emotion is shown: bars, the face's box, the mood's name. The
# colours differ in lightness, too, for visitors with colour vision deficiency.
EMOTION_COLOURS = {
    "angry": "#e5484d",
    "disgust": "#4f9d52",
    "fear": "#8e6ad8",
    "happy": "#f2b705",
    "sad": "#4a86d8",
    "surprise": "#f08a3c",
    "neutral": "#8b93a7",
}
CONTEMPT_COLOUR = "#b5638c"

_WORDMARK = """
<div class="mr-brand" role="img" aria-label="Moodring">
  <span class="mr-ring" aria-hidden="true"></span>
  <span class="mr-name" aria-hidden="true">Moodring</span>
</div>
"""


def page(title: str) -> None:
    """Set up a page: title, style, brand and the links to the other pages."""
    st.set_page_config(
        page_title=f"{title} · Moodring",
        # A local file: the browser fetches named icons and emoji from third-party servers.
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state="auto",
    )
    st.html(STYLE)
    if resources.is_demo():
        st.html('<div class="mr-demo" role="note">Demo: Spotify and YouTube are fakes here</div>')
    with st.container(horizontal=True, vertical_alignment="center", key="top"):
        st.html(_WORDMARK, width="content")
        st.page_link("app.py", label="Listen", icon=":material/headphones:", width="content")
        st.page_link(
            "pages/library.py", label="Library", icon=":material/queue_music:", width="content"
        )
        st.page_link(
            "pages/history.py", label="History", icon=":material/history:", width="content"
        )
        st.page_link(
            "pages/catalogue.py", label="Songs", icon=":material/library_music:", width="content"
        )
        st.page_link("pages/about.py", label="About", icon=":material/info:", width="content")


def hero(sentence: str) -> None:
    """Draw the page's headline."""
    st.html(f'<p class="mr-hero">{sentence}</p>')
