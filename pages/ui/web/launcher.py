"""What `app.py` hands to Streamlit's server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Route

from pages.ui import wiring
from pages.ui.web.doors import Doors, allow_only_our_names
from pages.ui.web.headers import SecurityHeaders, security_headers
from recommender.settings import DEFAULT_FRAME_ANCESTORS, REDIRECT_URI, BadSetting

if TYPE_CHECKING:
    from starlette.requests import Request

# Streamlit keeps `/_stcore`, `/media`, `/component` and `/static` for itself.
PREFIX = "/moodring"


async def say_hello(_: Request) -> PlainTextResponse:
    """Answer, for whoever wants to know that our routes are there."""
    return PlainTextResponse("hello")


def routes() -> list[BaseRoute]:
    """Return our routes, at the root and below `server.baseUrlPath`: Streamlit adds no prefix."""
    base = st.get_option("server.baseUrlPath").strip("/")
    prefixes = ("", f"/{base}") if base else ("",)
    return [Route(f"{prefix}{PREFIX}/hello", say_hello) for prefix in prefixes]


def middleware() -> list[Middleware]:
    """Return what each request passes through, outermost first."""
    try:
        settings = wiring.settings()
        ancestors, home = settings.frame_ancestors, settings.redirect_uri
    except BadSetting:
        # The page says it; nobody frames it meanwhile.
        ancestors, home = DEFAULT_FRAME_ANCESTORS, REDIRECT_URI
    allow_only_our_names(home)
    headers = Middleware(SecurityHeaders, headers=security_headers(ancestors))
    return [headers, Middleware(Doors)]
