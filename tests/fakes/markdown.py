"""What Streamlit's page would act on in a Markdown, told by patterns of its own.

They follow CommonMark, GitHub's additions and the page's own (Streamlit 1.67), and are looser than
these: what they find may be harmless, what they do not find is.
"""

from __future__ import annotations

import re

# A sign behind a backslash means itself; a private letter stands for each while patterns look.
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_MEANS_ITSELF = "\ue000"
_FORMS = {
    "emphasis": r"[*_]",
    "struck out": r"~",
    "code": r"`",
    "link, picture or note": r"[\[\]]",
    "HTML or address": r"<",
    "entity": r"&#?\w+;",
    "maths": r"\$",
    "table": r"\|",
    "directive or emoji": r":[^\s:]|::",
    "icon": r":material/",
    "heading": r"^\s*#{1,6}(?:\s|$)",
    "line below a heading": r"^\s*(?:=+|-+)\s*$",
    "quote": r"^\s*>",
    "list": r"^\s*(?:[-+]|\d+[.)])(?:\s|$)",
    "rule": r"^\s*(?:-\s*){3,}$",
    "code by indent": r"^(?:\t| {4})",
    "backslash at an end": r"\\$",
}
# The page applies these to the text that is left.
_AFTERWARDS = {
    "link": r"https?://|\bwww\.",
    "mail": r"[-+.\w]@[-\w]+\.[-\w]",
    "icon": r":material_\w+:|:streamlit:",
    "emoji": r":[+\-\w]+:",
    "arrow": r"(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)",
}


def active_forms(markdown: str) -> list[str]:
    """Return the names of all forms that take effect in a Markdown."""
    parts = _ESCAPED.sub(_MEANS_ITSELF, markdown)
    text = _ESCAPED.sub(r"\1", markdown)
    found = [name for name, form in _FORMS.items() if re.search(form, parts, re.MULTILINE)]
    flags = re.MULTILINE | re.IGNORECASE | re.ASCII
    return found + [name for name, form in _AFTERWARDS.items() if re.search(form, text, flags)]
