"""Text and pictures as pages can carry them: no Markdown for Streamlit, no markup for the browser.

Titles, names, file names and messages that contain them are untrusted. Streamlit renders almost all
text as Markdown, including tooltips and the choices of pills, and a Markdown image is fetched from
any address that it names.
"""

import base64
import re
from html import escape

from recommender.text import visible
from recommender.wording import Message, sentence

# Characters that Markdown acts on, with GitHub's and Streamlit's additions; a colon unless a space
# follows, a dash at the start of a line. A backslash makes each literal.
_SIGN = re.compile(r"[\\`*_\[\]<>&~$|#=+]|:(?! )|\A-")
_NUMBER = re.compile(r"\A([0-9]+)(?=[.)](?: |\Z))")
# Positions in sequences that Streamlit's front end changes after it has parsed the Markdown, where
# no backslash helps: links, addresses, short names of icons and emoji, arrows and dashes.
_CHANGED = re.compile(
    r"""
    (?<=http)(?=://) | (?<=https)(?=://) | (?<=www)(?=\.)
    | (?<=[-+.\w])(?=@[-\w])
    | (?<=:)(?=[-+\w]+(?:[:/]|\Z))
    | (?:(?<=\A[-<>~])|(?<=[ ][-<>~]))(?=(?:->|[-=>])(?:[ ]|\Z))
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# Word joiner, invisible and of zero width: it breaks up these sequences.
JOINER = "\u2060"


def plain(said: str | Message | Exception) -> str:
    """Return the Markdown that Streamlit shows as the given text or message, in one line.

    For everything that renders Markdown: messages, captions, tooltips, labels, choices of pills.
    Widgets that show text as it is (`st.text`, tables, choices of select boxes) need
    `recommender.text.visible` instead.
    """
    text = said if isinstance(said, str) else sentence(said)
    parted = _CHANGED.sub(JOINER, visible(text))
    return _NUMBER.sub(r"\1\\", _SIGN.sub(r"\\\g<0>", parted))


def in_html(text: str) -> str:
    """Return the HTML that shows the given text, also within a quoted attribute."""
    return escape(visible(text))


def data_uri(content: str | bytes, media_type: str = "image/svg+xml") -> str:
    """Return an address that holds a picture."""
    data = content.encode() if isinstance(content, str) else content
    return f"data:{media_type};base64,{base64.b64encode(data).decode('ascii')}"
