"""The frame around every page: colours, title, style, navigation, and the wait at its end."""

import asyncio
import threading
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.delta_generator_singletons import context_dg_stack, get_default_dg_stack_value
from streamlit.runtime import get_instance

from pages.ui import dock, resources
from pages.ui.visitor import language
from recommender.wording import read_by, tr

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
# Midway between the primary colours of both themes, and grey that shows on both backgrounds.
ACCENT, GREY = "#7b54f7", EMOTION_COLOURS["neutral"]
# Three lights per feeling, which the style sheet's aurora and the mood's word are made of.
LIGHTS = {
    "happy": ("#ffb627", "#ff6f91", "#ffd86b"),
    "surprise": ("#ff8a3c", "#ff4fa0", "#ffd166"),
    "energised": ("#ff4fa0", "#ff8a3c", "#8b5cf6"),
    "calm": ("#2fd0b5", "#5aa9ff", "#a8e6cf"),
    "focused": ("#c79a5b", "#4d7cfe", "#7de2d1"),
    "neutral": ("#8b93c7", "#6f86ff", "#c3b1ff"),
    "sad": ("#3b82f6", "#6d5ae6", "#22b8cf"),
    "fear": ("#8b5cf6", "#3b3fbf", "#d16ba5"),
    "angry": ("#ff3d3d", "#b3127a", "#ff8a3c"),
    "disgust": ("#4fae54", "#8b7a1e", "#2f8f83"),
}
# Path and icon of each page.
_PAGES = {
    "Listen": ("app.py", ":material/headphones:"),
    "Library": ("pages/library.py", ":material/queue_music:"),
    "History": ("pages/history.py", ":material/history:"),
    "Songs": ("pages/catalogue.py", ":material/library_music:"),
    "About": ("pages/about.py", ":material/info:"),
}
# Session key of the feeling that lights all pages.
_LIT = "lit-by"
# Upper bound on the wait.
PATIENCE_S = 1.0

_COLOURS = {**EMOTION_COLOURS, "contempt": CONTEMPT_COLOUR} | {
    f"{name}-{number}": colour
    for name, lights in LIGHTS.items()
    for number, colour in enumerate(lights, start=1)
}
_VARIABLES = "".join(f"--mr-{name}:{colour};" for name, colour in _COLOURS.items())
# `pages.ui.web.first_page` writes it into the document, so that it stays when pages change.
STYLE = (
    f"<style>:root{{{_VARIABLES}--mr-accent:{ACCENT}}}"
    f"{Path(__file__).with_name('style.css').read_text(encoding='utf-8')}</style>"
)
_WORDMARK = """
<div class="mr-brand" role="img" aria-label="Moodring">
  <span class="mr-ring" aria-hidden="true"></span>
  <span class="mr-name" aria-hidden="true">Moodring</span>
</div>
"""


def page(title: str) -> None:
    """Set up a page: title, style, brand and the links to the other pages.

    Parameters
    ----------
    title : str, key of `_names`
    """
    # Streamlit keeps a fragment's place in the thread: a run of the page that is asked for just as
    # the fragment ends would be drawn into it, as a page within the page.
    context_dg_stack.set(get_default_dg_stack_value())
    # Fragments and callbacks come after the first page, and speak to their visitor, too.
    read_by(language.chosen)
    names = _names()
    st.set_page_config(
        page_title=f"{names[title]} · Moodring",
        # A local file: the browser fetches named icons and emoji from third-party servers.
        page_icon=str(ICON),
        layout="wide",
        initial_sidebar_state="auto",
    )
    light()
    if resources.is_demo():
        words = tr("Demo: Spotify and YouTube are simulated")
        st.html(f'<div class="mr-demo" role="note">{words}</div>')
    with st.container(horizontal=True, vertical_alignment="center", key="top"):
        st.html(_WORDMARK, width="content")
        for name, (path, icon) in _PAGES.items():
            st.page_link(
                path,
                label=names[name],
                icon=icon,
                width="content",
                query_params=language.address(),
            )
        language.show_choice()
    if resources.is_framed():
        # Spotify's sign-in, and browsers that keep no cookies of frames, need one.
        words = tr("Open in its own window")
        st.html(f'<a class="mr-alone" href="./" target="_blank" rel="noopener">{words}</a>')
    dock.show_words()


def _names() -> dict[str, str]:
    """Return the names of the pages in the visitor's language, by their English ones."""
    return {
        "Listen": tr("Listen"),
        "Library": tr("Library"),
        "History": tr("History"),
        "Songs": tr("Songs"),
        "About": tr("About"),
    }


@dataclass(slots=True)
class Light:
    """The feeling that lights all pages; "" before the first one."""

    feeling: str = ""


def hero(sentence: str, below: str = "") -> None:
    """Draw the page's headline, its only heading of the first level, and a line below it."""
    lead = f'<p class="mr-sub mr-lead">{below}</p>' if below else ""
    st.html(f'<h1 class="mr-hero">{sentence}</h1>{lead}')


def light() -> None:
    """Light the page in the colours of the feeling that lit the last page."""
    feeling = lit_by()
    if feeling:
        variables = "".join(f"--mr-m{one}:var(--mr-{feeling}-{one});" for one in (1, 2, 3))
        st.html(f"<style>:root{{{variables}}}</style>")


def lit_by() -> str:
    """Return the feeling that lights all pages, "" before the first one."""
    lit: Light = st.session_state.get(_LIT) or Light()
    return lit.feeling


def remember_light(feeling: str) -> None:
    """Remember the feeling in whose colours a component has lit the page.

    Parameters
    ----------
    feeling : str, a key of `LIGHTS`
    """
    follow_light(Light(feeling))


def follow_light(light: Light) -> None:
    """Light pages as ``light`` says, which changes with what a camera sees."""
    light.feeling = light.feeling or lit_by()
    st.session_state[_LIT] = light


def wait_until_sent() -> None:
    """Wait until the server has taken all messages of this run so far, at most `PATIENCE_S`.

    A run hands its messages to the server's event loop. When the browser asks for a fragment just
    after the run has ended, Streamlit starts a new runner and drops the messages that the loop has
    not yet taken from the old runner (its source says so, beside
    https://github.com/streamlit/streamlit/issues/9921). On a busy server the page then stays half
    drawn, and its fragments never run again: the camera's reading freezes.
    """
    # Streamlit's annotation does not always hold: see below.
    loop: object = get_instance()._get_async_objs().eventloop  # noqa: SLF001 - no public way
    # Streamlit's AppTest has a runtime without an event loop.
    if not isinstance(loop, asyncio.AbstractEventLoop):
        return
    taken = threading.Event()
    loop.call_soon_threadsafe(taken.set)
    taken.wait(PATIENCE_S)
