"""A visitor's own Spotify account: signing in, and asking for permissions one by one.

The way to Spotify and back ends in a new Streamlit session, so what was on the page travels with
the sign-in, in this process' memory.
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

# What Spotify adds to the address.
PARAMETERS = ("code", "state", "error")
# What makes the page what it is beside its address, and nothing of a face.
KEPT = ("playing", "way", "hand", "chip")
CONNECTED = "Connected with Spotify."
DENIED = "Spotify is not connected: you did not allow it."
NO_COOKIES = "To connect Spotify, allow cookies for this site."
_LEAVE, _WISH, _SAY = "spotify-leave", "spotify-wish", "spotify-say"
_ASKED = "spotify-asked"


@dataclass(frozen=True, slots=True)
class Errand:
    """What a visitor was about to do when they had to be asked.

    wish : "save", "play", "queue", "artists", or "" when it was to connect alone
    uri : of the song to play
    page : what was on the page, by the names of the session's state
    address : the wishes in the page's address
    """

    wish: str
    uri: str
    page: Mapping[str, object]
    address: Mapping[str, list[str]]


def say(sentence: str, icon: str = ":material/info:") -> None:
    """Tell the visitor one thing, wherever they are on the page."""
    st.toast(plain(sentence), icon=icon, duration="long")


def current() -> Account | None:
    """Return this browser's account, None when nobody is connected."""
    accounts = wiring.accounts()
    return None if accounts is None else accounts.of(browser.key())


def connected() -> Account | None:
    """Return this browser's account while its sign-in holds."""
    account = current()
    return None if account is None or account.has_ended else account


def ask_for(scope: str, wish: str = "", uri: str = "") -> None:
    """Send the visitor to Spotify, to allow one thing more; the page is left when it is drawn."""
    accounts, key = wiring.accounts(), browser.key()
    if accounts is None:
        return
    if not key:
        say(NO_COOKIES, ":material/cookie_off:")
        return
    page = {name: st.session_state[name] for name in KEPT if name in st.session_state}
    st.session_state[_LEAVE] = accounts.begin(key, scope, Errand(wish, uri, page, _address()))


def is_leaving() -> bool:
    """Return whether the page is about to be left for Spotify."""
    return _LEAVE in st.session_state


def take_leave() -> str | None:
    """Return the address at Spotify that the page is to be left for, once."""
    url: str | None = st.session_state.pop(_LEAVE, None)
    return url


def attempt(
    act: Callable[[Account], T], scope: str, wish: str, uri: str = "", *, ask: bool = True
) -> T | None:
    """Do something with the account, and return what came of it; None when nothing did.

    Who is not connected, or has not allowed it yet, is asked, and it is done on their return.

    ask : whether to ask; not when they have just been asked
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
    """Return the song's uri of a wish that the visitor has come back with, once."""
    kept: tuple[str, str] | None = st.session_state.get(_WISH)
    if kept is None or kept[0] != wish:
        return None
    del st.session_state[_WISH]
    return kept[1]


def take_redirect() -> None:
    """Finish a sign-in when Spotify has sent the visitor back; the first thing on the page."""
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
    # The wishes follow an address only at the start of a run.
    st.rerun()


def _take_return() -> Return | None:
    """Return what Spotify has sent the visitor back with, once; None for any other page."""
    code, state, error = (st.query_params.get(name, "") for name in PARAMETERS)
    if code or state or error:
        # The server found no cookie to keep it under. At once, before anything can go wrong.
        st.query_params.from_dict(_address())
        return Return(code, state, error)
    # It is a new page's: one that was open before has nothing to do with it.
    if st.session_state.get(_ASKED):
        return None
    st.session_state[_ASKED] = True
    key = browser.key()
    return RETURNS.take(key) if key else None


def _finish(accounts: Accounts, came: Return) -> str:
    """Finish a sign-in, bring the page back as it was left, and return what to say of it."""
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
        # What comes of it says enough.
        st.session_state[_WISH] = (errand.wish, errand.uri)
        return ""
    return CONNECTED


def _address() -> dict[str, list[str]]:
    """Return the page's address without what Spotify adds to it."""
    return {one: st.query_params.get_all(one) for one in st.query_params if one not in PARAMETERS}
