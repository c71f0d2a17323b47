"""A visitor's own Spotify account: signing in, permissions one by one, and its part of the page.

The way to Spotify and back ends in a new Streamlit session, so what was on the page travels with
the sign-in, in this process' memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import streamlit as st

from pages.ui import resources
from pages.ui.js import script
from pages.ui.plain import in_html, plain
from pages.ui.visitor import browser, consent, listener
from pages.ui.visitor.returns import PARAMETERS, RETURNS, Return
from recommender.errors import ScopeMissing, SourceError
from recommender.spotify.account import SAVE, TOP, SpotifyAccount, SpotifyAccounts
from recommender.taste import NOBODY
from recommender.types import MAX_ARTISTS
from recommender.wording import sentence, tr

T = TypeVar("T")

# Session keys to restore after the OAuth redirect (no face data).
KEPT = ("playing", "way", "hand", "said")
_LEAVE, _ACTION, _SAY = "spotify-leave", "spotify-wish", "spotify-say"
_ASKED = "spotify-asked"
_ARTISTS = "spotify-artists"
# A link would open another tab, and would need a pending sign-in before anybody presses it.
_leaver = st.components.v2.component("moodring_leave", js=script("leave"))


@dataclass(frozen=True, slots=True)
class PendingAction:
    """The action to resume after a sign-in, with the state of the page.

    Attributes
    ----------
    action : {"save", "play", "queue", "artists", ""}, "" only to connect
    uri : str, URI of the song to play or queue, "" for other actions
    page : mapping of the session keys in `KEPT` to their values
    address : mapping of the page's query parameters to their values
    """

    action: str
    uri: str
    page: Mapping[str, object]
    address: Mapping[str, list[str]]


def say(sentence: str, icon: str = ":material/info:") -> None:
    """Show a sentence as a toast, visible anywhere on the page."""
    st.toast(plain(sentence), icon=icon, duration="long")


def current() -> SpotifyAccount | None:
    """Return this browser's account; None when it is not connected."""
    accounts = resources.accounts()
    return None if accounts is None else accounts.of(browser.key())


def connected() -> SpotifyAccount | None:
    """Return this browser's account; None without a sign-in that is still valid."""
    account = current()
    return None if account is None or account.has_ended else account


def ask_for(scope: str, action: str = "", uri: str = "") -> None:
    """Start Spotify's consent flow for a scope; the page redirects once it is drawn."""
    accounts, key = resources.accounts(), browser.key()
    if accounts is None:
        return
    if not key:
        say(tr("To connect Spotify, allow cookies for this site."), ":material/cookie_off:")
        return
    page = {name: st.session_state[name] for name in KEPT if name in st.session_state}
    st.session_state[_LEAVE] = accounts.begin(
        key, scope, PendingAction(action, uri, page, _address())
    )


def is_leaving() -> bool:
    """Return whether a redirect to Spotify is pending."""
    return _LEAVE in st.session_state


def take_leave() -> str | None:
    """Return the address of the pending redirect to Spotify, once; None without one."""
    url: str | None = st.session_state.pop(_LEAVE, None)
    return url


def attempt(
    act: Callable[[SpotifyAccount], T], scope: str, action: str, uri: str = "", *, ask: bool = True
) -> T | None:
    """Run an action on the account and return its result; None when it did not run.

    If the visitor is not connected or lacks the scope, start the consent flow; `take_action`
    returns the action after the redirect.

    Parameters
    ----------
    ask : bool, whether to ask for a missing scope; False just after the visitor was asked
    """
    account = connected()
    if account is None:
        ask_for(SAVE, action, uri)
        return None
    try:
        return act(account)
    except ScopeMissing as error:
        if ask:
            ask_for(scope, action, uri)
        else:
            say(sentence(error), ":material/lock:")
    except SourceError as error:
        say(sentence(error), ":material/error:")
    return None


def take_action(action: str) -> str | None:
    """Return the song's URI of an action to resume after the redirect, once; None without it."""
    kept: tuple[str, str] | None = st.session_state.get(_ACTION)
    if kept is None or kept[0] != action:
        return None
    del st.session_state[_ACTION]
    return kept[1]


def take_redirect() -> None:
    """Finish a sign-in after Spotify's redirect. Call it first on the page."""
    said: str | None = st.session_state.pop(_SAY, None)
    if said:
        say(said)
    came = _take_return()
    if came is None:
        return
    accounts = resources.accounts()
    if accounts is not None:
        with st.spinner(tr("Connecting with Spotify …")):
            st.session_state[_SAY] = _finish(accounts, came)
    # The filters read the query parameters only at the start of a run.
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


def _finish(accounts: SpotifyAccounts, came: Return) -> str:
    """Finish a sign-in, restore the page, and return the sentence to show ("" for none)."""
    try:
        begun = accounts.redeem_state(came.state, browser.key())
        pending = begun.action
        assert isinstance(pending, PendingAction)  # noqa: S101 - `ask_for` alone begins sign-ins
        st.session_state.update(pending.page)
        st.query_params.from_dict(pending.address)
        if came.error:
            return tr("Spotify is not connected: you did not allow it.")
        accounts.connect(begun, came.code)
    except SourceError as refusal:
        return sentence(refusal)
    if pending.action:
        # The resumed action shows its own result.
        st.session_state[_ACTION] = (pending.action, pending.uri)
        return ""
    return tr("Connected with Spotify.")


def _address() -> dict[str, list[str]]:
    """Return the page's query parameters without Spotify's."""
    return {one: st.query_params.get_all(one) for one in st.query_params if one not in PARAMETERS}


def show_connection() -> None:
    """Draw the connection's state and the button that changes it."""
    if resources.accounts() is None:
        return
    mine = current()
    with st.container(key="spotify", gap="small"):
        st.markdown("**Spotify**")
        home = resources.settings().redirect_uri
        if mine is None and not _is_same_site(st.context.url, home):
            st.caption(tr("To connect, open Moodring at {address}", address=home))
        elif mine is None or mine.has_ended:
            st.button(
                tr("Reconnect Spotify") if mine else tr("Connect with Spotify"),
                key="connect",
                icon=":material/link:",
                help=tr(
                    "Save songs as a private playlist of yours. Nothing else is asked for now."
                ),
                on_click=ask_for,
                args=(SAVE,),
                width="stretch",
            )
            if mine:
                st.caption(tr("The sign-in has run out."))
            else:
                consent.say_moved()
        else:
            _show_connected(mine)
    url = take_leave()
    if url is not None:
        _leaver(data={"url": url}, key="leave")


def _show_connected(mine: SpotifyAccount) -> None:
    said = (
        tr("Connected as <bdi><b>{name}</b></bdi>", name=in_html(mine.name))
        if mine.name
        else tr("Connected")
    )
    st.html(f'<div class="mr-connected">{said}</div>')
    if take_action("artists") is not None:
        attempt(SpotifyAccount.top_artists, TOP, "artists", ask=False)
    chosen = st.session_state.get("artist") or []
    offered = [one for one in mine.suggestions if one not in chosen]
    if offered:
        st.pills(
            tr("Your top artists: tap to add"),
            offered,
            key=_ARTISTS,
            format_func=plain,
            on_change=_add_artist,
        )
    elif not mine.suggestions:
        st.button(
            tr("Suggest my artists"),
            key="my-artists",
            icon=":material/artist:",
            help=tr("Asks Spotify whom you hear most, to offer them here. They stay in memory."),
            on_click=attempt,
            args=(SpotifyAccount.top_artists, TOP, "artists"),
            width="stretch",
        )
    st.button(
        tr("Disconnect"),
        key="disconnect",
        icon=":material/link_off:",
        type="tertiary",
        help=tr("Forgets the sign-in, your artists, and what you said of Spotify's songs."),
        on_click=disconnect,
    )


def _add_artist() -> None:
    name = st.session_state[_ARTISTS]
    chosen = list(st.session_state.get("artist") or [])
    if name and name not in chosen and len(chosen) < MAX_ARTISTS:
        st.session_state["artist"] = [*chosen, name]
    st.session_state[_ARTISTS] = None


def disconnect() -> None:
    """Forget the sign-in, the data it brought, and the opinions on Spotify's songs."""
    accounts = resources.accounts()
    if accounts is not None:
        accounts.forget(browser.key())
    # Disconnecting alone must not set the listener cookie.
    if listener.known(anew=True) is not NOBODY:
        listener.me().forget_spotify()
    say(tr("Disconnected. Moodring has forgotten your Spotify sign-in."), ":material/link_off:")


def _is_same_site(here: str | None, home: str) -> bool:
    """Return whether the redirect leads back to this host and port, and so to the same cookies.

    Parameters
    ----------
    here : str or None, the page's address in the browser, None when it is unknown
    """
    return here is None or urlsplit(here).netloc == urlsplit(home).netloc
