"""Text from outside, as it is written: no Markdown to Streamlit, no markup to the browser.

Titles, names, files' names and messages that hold them come from anybody. Streamlit reads almost
everything it draws as Markdown, tooltips and the choices of pills among it, and a picture in there
is fetched from wherever it says.
"""

from __future__ import annotations

import re
from html import escape

from recommender.names import visible

# What Markdown acts on, with GitHub's and Streamlit's additions: anywhere, a colon but before a
# blank, a dash where a line begins. Behind a backslash, each means itself.
_SIGN = re.compile(r"[\\`*_\[\]<>&~$|#=+]|:(?! )|\A-")
_NUMBER = re.compile(r"\A([0-9]+)(?=[.)](?: |\Z))")
# What Streamlit's page changes in the text that is left when the Markdown is read, so that no
# backslash helps: links, addresses, short names of icons and emoji, arrows and dashes.
_CHANGED = re.compile(
    r"""
    (?<=http)(?=://) | (?<=https)(?=://) | (?<=www)(?=\.)
    | (?<=[-+.\w])(?=@[-\w])
    | (?<=:)(?=[-+\w]+(?:[:/]|\Z))
    | (?:(?<=\A[-<>~])|(?<=[ ][-<>~]))(?=(?:->|[-=>])(?:[ ]|\Z))
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Invisible and of no width: it only keeps apart what would be read together.
JOINER = "\u2060"


def plain(text: str) -> str:
    """Return the Markdown that Streamlit shows as a text from outside, in one line.

    Whatever takes Markdown takes it: messages, captions, tooltips, labels, choices of pills. What
    shows text as it is (`st.text`, tables, choices of select boxes) needs
    `recommender.names.visible` instead.
    """
    parted = _CHANGED.sub(JOINER, visible(text))
    return _NUMBER.sub(r"\1\\", _SIGN.sub(r"\\\g<0>", parted))


def in_html(text: str) -> str:
    """Return the markup that shows a text from outside, also within an attribute's quotes."""
    return escape(visible(text))
