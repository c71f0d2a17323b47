"""The sidebar's section for Spotify: connect, pick from the visitor's artists, disconnect."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from pages.ui import account, browser, listener, wiring
from pages.ui.js import script
from pages.ui.plain import in_html, plain
from recommender.account import SAVE, TOP, Account
from recommender.listeners import NOBODY
from recommender.types import MAX_ARTISTS

_ARTISTS = "spotify-artists"

# A link would open another tab, and would need a pending sign-in before anybody presses it.
_leaver = st.components.v2.component(
    "moodring_leave",
    js=script("leave"),
)


def show_connection() -> None:
    """Draw the connection's state and the button that changes it, in the sidebar."""
    if wiring.accounts() is None:
        return
    mine = account.current()
    with st.container(key="spotify", gap="small"):
        st.markdown("**Spotify**")
        home = wiring.settings().redirect_uri
        if mine is None and not _is_same_site(st.context.url, home):
            st.caption(f"To connect, open Moodring at {home}")
        elif mine is None or mine.has_ended:
            st.button(
                "Reconnect Spotify" if mine else "Connect with Spotify",
                key="connect",
                icon=":material/link:",
                help="Save songs as a private playlist of yours. Nothing else is asked for now.",
                on_click=account.ask_for,
                args=(SAVE,),
                width="stretch",
            )
            if mine:
                st.caption("The sign-in has run out.")
        else:
            _show_connected(mine)
    url = account.take_leave()
    if url is not None:
        _leaver(data={"url": url}, key="leave")


def _show_connected(mine: Account) -> None:
    name = f" as <bdi><b>{in_html(mine.name)}</b></bdi>" if mine.name else ""
    st.html(f'<div class="mr-connected">Connected{name}</div>')
    if account.take_wish("artists") is not None:
        account.attempt(Account.top_artists, TOP, "artists", ask=False)
    chosen = st.session_state.get("artist") or []
    offered = [one for one in mine.suggestions if one not in chosen]
    if offered:
        st.pills(
            "Your artists: press to add",
            offered,
            key=_ARTISTS,
            format_func=plain,
            on_change=_add_artist,
        )
    elif not mine.suggestions:
        st.button(
            "Suggest my artists",
            key="my-artists",
            icon=":material/artist:",
            help="Asks Spotify whom you hear most, to offer them here. They stay in memory.",
            on_click=account.attempt,
            args=(Account.top_artists, TOP, "artists"),
            width="stretch",
        )
    st.button(
        "Disconnect",
        key="disconnect",
        icon=":material/link_off:",
        type="tertiary",
        help="Forgets the sign-in, your artists, and what you said of Spotify's songs.",
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
    accounts = wiring.accounts()
    if accounts is not None:
        accounts.forget(browser.key())
    # Disconnecting alone must not set the listener cookie.
    if listener.known(anew=True) is not NOBODY:
        listener.note(lambda listeners, me: listeners.forget_spotify(me))
    account.say("Disconnected. Moodring has forgotten your Spotify sign-in.", ":material/link_off:")


def _is_same_site(here: str | None, home: str) -> bool:
    """Return whether the redirect leads back to this host and port, and so to the same cookies.

    Parameters
    ----------
    here : str or None, the page's address in the browser, None when it is unknown
    """
    return here is None or urlsplit(here).netloc == urlsplit(home).netloc
