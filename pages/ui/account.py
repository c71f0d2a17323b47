"""The visitor's own Spotify account: sign-in, and consent to one scope at a time.

The OAuth redirect ends in a new Streamlit session, so the state of the page is kept with the
pending sign-in, in the memory of this process.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.ui import browser, wiring
from pages.ui.plain import plain
from pages.ui.returns import RETURNS, Return
from recommender.account import SAVE, Account
from recommender.errors import ScopeMissing, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from recommender.accounts import Accounts

T = TypeVar("T")

# Query parameters that Spotify adds to the redirect address.
PARAMETERS = ("code", "state", "error")
# Session keys to restore after the OAuth redirect (no face data).
KEPT = ("playing", "way", "hand", "chip")
CONNECTED = "Connected with Spotify."
DENIED = "Spotify is not connected: you did not allow it."
NO_COOKIES = "To connect Spotify, allow cookies for this site."
_LEAVE, _WISH, _SAY = "spotify-leave", "spotify-wish", "spotify-say"
_ASKED = "spotify-asked"


@dataclass(frozen=True, slots=True)
class Errand:
    """The action to resume after a sign-in, with the state of the page.

    Attributes
    ----------
    wish : {"save", "play", "queue", "artists", ""}, "" only to connect
    uri : str, URI of the song to play or queue, "" for other wishes
    page : mapping of the session keys in `KEPT` to their values
    address : mapping of the page's query parameters to their values
    """

    wish: str
    uri: str
    page: Mapping[str, object]
    address: Mapping[str, list[str]]


def say(sentence: str, icon: str = ":material/info:") -> None:
    """Show a sentence as a toast, visible anywhere on the page."""
    st.toast(plain(sentence), icon=icon, duration="long")


def current() -> Account | None:
    """Return this browser's account; None when it is not connected."""
    accounts = wiring.accounts()
    return None if accounts is None else accounts.of(browser.key())


def connected() -> Account | None:
    """Return this browser's account; None without a sign-in that is still valid."""
    account = current()
    return None if account is None or account.has_ended else account


def ask_for(scope: str, wish: str = "", uri: str = "") -> None:
    """Start Spotify's consent flow for a scope; the page redirects once it is drawn."""
    accounts, key = wiring.accounts(), browser.key()
    if accounts is None:
        return
    if not key:
        say(NO_COOKIES, ":material/cookie_off:")
        return
    page = {name: st.session_state[name] for name in KEPT if name in st.session_state}
    st.session_state[_LEAVE] = accounts.begin(key, scope, Errand(wish, uri, page, _address()))


def is_leaving() -> bool:
    """Return whether a redirect to Spotify is pending."""
    return _LEAVE in st.session_state


def take_leave() -> str | None:
    """Return the address of the pending redirect to Spotify, once; None without one."""
    url: str | None = st.session_state.pop(_LEAVE, None)
    return url


def attempt(
    act: Callable[[Account], T], scope: str, wish: str, uri: str = "", *, ask: bool = True
) -> T | None:
    """Run an action on the account and return its result; None when it did not run.

    If the visitor is not connected or lacks the scope, start the consent flow; `take_wish` returns
    the wish after the redirect.

    Parameters
    ----------
    ask : bool, whether to ask for a missing scope; False just after the visitor was asked
    """
    account = connected()
    if account is None:
        ask_for(SAVE, wish, uri)
        return None
    try:
        return act(account)
    except ScopeMissing as error:
        if ask:
            ask_for(scope, wish, uri)
        else:
            say(str(error), ":material/lock:")
    except SourceError as error:
        say(str(error), ":material/error:")
    return None


def take_wish(wish: str) -> str | None:
    """Return the song's URI of a wish to resume after the redirect, once; None without it."""
    kept: tuple[str, str] | None = st.session_state.get(_WISH)
    if kept is None or kept[0] != wish:
        return None
    del st.session_state[_WISH]
    return kept[1]


def take_redirect() -> None:
    """Finish a sign-in after Spotify's redirect. Call it first on the page."""
    said: str | None = st.session_state.pop(_SAY, None)
    if said:
        say(said)
    came = _take_return()
    if came is None:
        return
    accounts = wiring.accounts()
    if accounts is not None:
        with st.spinner("Connecting with Spotify …"):
            st.session_state[_SAY] = _finish(accounts, came)
    # The sidebar's widgets read the query parameters only at the start of a run.
    st.rerun()


def _take_return() -> Return | None:
    """Return Spotify's answer in the redirect, once; None for any other page."""
    code, state, error = (st.query_params.get(name, "") for name in PARAMETERS)
    if code or state or error:
        # The server had no cookie to store it under. Clean the address before anything can fail.
        st.query_params.from_dict(_address())
        return Return(code, state, error)
    # Only a newly opened page may take the answer, not a tab that was open before.
    if st.session_state.get(_ASKED):
        return None
    st.session_state[_ASKED] = True
    key = browser.key()
    return RETURNS.take(key) if key else None


def _finish(accounts: Accounts, came: Return) -> str:
    """Finish a sign-in, restore the page, and return the sentence to show ("" for none)."""
    try:
        begun = accounts.take_back(came.state, browser.key())
        errand = begun.errand
        assert isinstance(errand, Errand)  # noqa: S101 - `ask_for` alone begins sign-ins
        st.session_state.update(errand.page)
        st.query_params.from_dict(errand.address)
        if came.error:
            return DENIED
        accounts.connect(begun, came.code)
    except SourceError as refusal:
        return str(refusal)
    if errand.wish:
        # The resumed action shows its own result.
        st.session_state[_WISH] = (errand.wish, errand.uri)
        return ""
    return CONNECTED


def _address() -> dict[str, list[str]]:
    """Return the page's query parameters without Spotify's."""
    return {one: st.query_params.get_all(one) for one in st.query_params if one not in PARAMETERS}
