"""The language of the pages' words: the visitor's choice, else the best that the browser asks for.

It belongs to the visitor's session, and never to the process. A choice is kept in the address, for
links and other pages, and in a cookie.
"""

import streamlit as st
from starlette.requests import Request
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.js import script
from pages.ui.visitor import browser
from recommender.languages import accepted_tags
from recommender.wording import ENGLISH, LANGUAGES, PSEUDO, RIGHT_TO_LEFT, tr

# Query parameter of the address, and name of the cookie.
PARAMETER, COOKIE = "interface", "moodring_interface"
COOKIE_AGE_S = 365 * 24 * 60 * 60
# Key of the widget. Streamlit drops its value on another page, so that the choice has its own key.
KEY = "interface-language"
_STATE, _KEPT = "interface", "interface-kept"
WIDTH_PX = 150
# Screen readers and style sheets go by the attributes of the document.
_attributes = st.components.v2.component("moodring_language", js=script("language"))


def chosen() -> str:
    """Return the visitor's language, of `LANGUAGES` or `PSEUDO`; English outside of a page."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return ENGLISH
    known: str | None = st.session_state.get(_STATE)
    if known is None:
        known = st.session_state[_STATE] = _asked_for()
    return known


def direction(code: str) -> str:
    """Return the direction of a language's script, as in HTML's attribute `dir`."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def asked_for(named: str | None, kept: str | None, accepted: str) -> str:
    """Return the language that a browser asks for, of `LANGUAGES` or `PSEUDO`.

    Parameters
    ----------
    named, kept : str or None, of the address and of the cookie, from the visitor
    accepted : str, header Accept-Language
    """
    for asked in (named, kept):
        if asked is not None and (asked in LANGUAGES or asked == PSEUDO):
            return asked
    codes = (tag.partition("-")[0].casefold() for tag in accepted_tags(accepted))
    return next((code for code in codes if code in LANGUAGES), ENGLISH)


def of_request(request: Request) -> str:
    """Return the language that a request asks for, as `asked_for`."""
    return asked_for(
        request.query_params.get(PARAMETER),
        request.cookies.get(COOKIE),
        request.headers.get("Accept-Language", ""),
    )


def _asked_for() -> str:
    return asked_for(
        st.query_params.get(PARAMETER),
        st.context.cookies.get(COOKIE),
        st.context.headers.get("Accept-Language") or st.context.locale or "",
    )


def address() -> dict[str, str]:
    """Return the query parameters that carry the language to another page."""
    return {PARAMETER: chosen()} if PARAMETER in st.query_params else {}


def show_choice() -> None:
    """Draw the choice of a language, and tell the browser which one the page is in."""
    code = chosen()
    st.session_state[KEY] = code
    st.selectbox(
        tr("Language"),
        [*LANGUAGES] if code in LANGUAGES else [*LANGUAGES, code],
        key=KEY,
        format_func=_own_name,
        icon=":material/language:",
        filter_mode=None,
        placeholder=tr("Language"),
        label_visibility="collapsed",
        on_change=_choose,
        width=WIDTH_PX,
    )
    told = {"lang": code, "dir": direction(code), "words": _streamlits_words()}
    _attributes(data=told, key="language-attributes")
    if st.session_state.get(_KEPT):
        browser.write(COOKIE, code, max_age_s=COOKIE_AGE_S)


def _streamlits_words() -> dict[str, str]:
    """Return the words that Streamlit says in English alone, in the visitor's language."""
    return {
        "Upload": tr("Upload"),
        "Drag and drop a file here": tr("Drop it here"),
        "Drag and drop files here": tr("Drop songs here"),
        "Take Photo": tr("Take a photo"),
        "Clear photo": tr("Remove"),
        "This app would like to use your camera.": tr("Allow the camera in your browser."),
        "Clear value": tr("Remove"),
        "Clear all": tr("Remove"),
        "Close": tr("Close"),
        "Dismiss": tr("Dismiss"),
        "No results": tr("Nothing found"),
        "Select all": tr("Select all"),
        "Skip to main content": tr("Skip to the page"),
    }


def _own_name(code: str) -> str:
    return LANGUAGES.get(code, code)


def _choose() -> None:
    st.session_state[_STATE] = st.query_params[PARAMETER] = st.session_state[KEY]
    st.session_state[_KEPT] = True
