"""The language of the pages' words: the visitor's choice, else the best that the browser asks for.

It belongs to the visitor's session, and never to the process.
"""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from recommender.languages import accepted_tags
from recommender.wording import ENGLISH, LANGUAGES, PSEUDO

# Query parameter of the address, and name of the cookie.
PARAMETER, COOKIE = "interface", "moodring_interface"
_STATE = "interface"


def chosen() -> str:
    """Return the visitor's language, of `LANGUAGES` or `PSEUDO`; English outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    known: str | None = st.session_state.get(_STATE)
    if known is None:
        known = st.session_state[_STATE] = _asked_for()
    return known


def _asked_for() -> str:
    for asked in (st.query_params.get(PARAMETER), st.context.cookies.get(COOKIE)):
        if asked in LANGUAGES or asked == PSEUDO:
            return str(asked)
    accepted = st.context.headers.get("Accept-Language") or st.context.locale or ""
    codes = (tag.partition("-")[0].casefold() for tag in accepted_tags(accepted))
    return next((code for code in codes if code in LANGUAGES), ENGLISH)
