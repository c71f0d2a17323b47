"""Routes and middleware that `app.py` hands to Streamlit's server."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from pages.ui import resources
from pages.ui.web.browser_cookie import BrowserCookie
from pages.ui.web.doors import HostFilter, OriginCheck, allow_only_our_names, answer_to_no_host_page
from pages.ui.web.headers import SecurityHeaders, security_headers
from pages.ui.web.own_sessions import OwnSessions, bind_sessions_to_browsers
from pages.ui.web.owner_word import OwnerAddressUntold, owner_routes, told_owner
from pages.ui.web.sign_in_return import SignInReturn
from pages.ui.web.uploads import BoundedUploads
from recommender.settings import DEFAULT_FRAME_ANCESTORS, REDIRECT_URI, BadSetting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

# Streamlit reserves `/_stcore`, `/media`, `/component` and `/static`.
PREFIX = "/moodring"


async def say_hello(_: Request) -> PlainTextResponse:
    """Answer, to show that our routes are registered."""
    return PlainTextResponse("hello")


def routes() -> list[BaseRoute]:
    """Return our routes, at the root and below `server.baseUrlPath`: Streamlit adds no prefix."""
    base = st.get_option("server.baseUrlPath").strip("/")
    prefixes = ("", f"/{base}") if base else ("",)
    hello = [Route(f"{prefix}{PREFIX}/hello", say_hello) for prefix in prefixes]
    return [*hello, *owner_routes(base)]


def middleware() -> list[Middleware]:
    """Return the middleware that each request passes through, outermost first."""
    try:
        settings = resources.settings()
        ancestors, home = settings.frame_ancestors, settings.redirect_uri
    except BadSetting:
        # The page shows the error; until it is mended, no other site may frame the page.
        ancestors, home = DEFAULT_FRAME_ANCESTORS, REDIRECT_URI
    framed = ancestors != DEFAULT_FRAME_ANCESTORS
    answer_to_no_host_page(framed=framed)
    allow_only_our_names(home)
    bind_sessions_to_browsers()
    allowed = frozenset(one.strip() for one in st.get_option("server.corsAllowedOrigins"))
    return [
        Middleware(SecurityHeaders, headers=security_headers(ancestors)),
        Middleware(OwnerAddressUntold),
        Middleware(HostFilter),
        Middleware(OriginCheck, allowed=allowed),
        Middleware(OwnSessions, secret=resources.browser_secret),
        Middleware(BoundedUploads),
        Middleware(SignInReturn, secret=resources.browser_secret),
        Middleware(BrowserCookie, secret=resources.browser_secret, framed=framed),
    ]


@asynccontextmanager
async def lifespan(_: object) -> AsyncIterator[None]:
    """Print the owner's address at the start; Streamlit enters this once per server."""
    with told_owner():
        yield
