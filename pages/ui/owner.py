"""Whether a visitor sits at the machine that runs the app.

Only such a one may change what all visitors share, or see names of files. A proxy in front of the
app asks from the same machine as the app, and so all three signs must agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from recommender.settings import LOOPBACK_HOSTS

if TYPE_CHECKING:
    from collections.abc import Mapping

# What proxies write.
FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via")


def at_this_machine(address: str | None, visitor: str | None, headers: Mapping[str, str]) -> bool:
    """Return whether server, visitor and the address in the visitor's browser are all loopback.

    address : that the server listens at; None for all of the machine's
    visitor : whom the server talks to; Streamlit says None on a loopback connection
    """
    named = {name.casefold(): value for name, value in headers.items()}
    if any(name.casefold() in named for name in FORWARDED):
        return False
    try:
        host = urlsplit(f"//{named.get('host', '')}").hostname
    except ValueError:
        return False
    return (
        address in LOOPBACK_HOSTS
        and (visitor is None or visitor in LOOPBACK_HOSTS)
        and host in LOOPBACK_HOSTS
    )


def is_owner() -> bool:
    """Return whether this visitor may change what all share."""
    return at_this_machine(
        st.get_option("server.address"), st.context.ip_address, st.context.headers.to_dict()
    )
