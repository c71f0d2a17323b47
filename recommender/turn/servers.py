"""STUN and TURN servers: their addresses, credentials for a time, and which end asks which.

A TURN server relays for those who know a name and a password. In a page they are everybody's, so
these end by themselves, as coturn's ``use-auth-secret`` has it: "A REST API For Access To TURN
Services", https://datatracker.ietf.org/doc/html/draft-uberti-behave-turn-rest-00.
"""

import base64
import hmac
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from recommender.web.addresses import HIGHEST_PORT

# An RTCIceServer of WebRTC: "urls", and for TURN "username" and "credential".
Server: TypeAlias = Mapping[str, object]

# As the draft recommends: whoever starts a camera within `RENEW_S` has them for over 12 hours.
LIFETIME_S = 86_400
# Credentials in a page that waits for its Start are made anew.
RENEW_S = 3_600
# The service that makes credentials, and the servers that its answers name, for the notice.
CLOUDFLARE_API = "https://rtc.live.cloudflare.com"
CLOUDFLARE: Server = {"urls": ["stun:stun.cloudflare.com", "turn:turn.cloudflare.com"]}
# Browsers open no connection to the port of DNS.
BLOCKED_PORT = 53
# As RFC 7064 and 7065 write them, without the brackets of numbers, which aiortc does not read.
_URL = re.compile(
    r"(?P<kind>stun|turn)s?:(?P<host>[A-Za-z0-9.-]+)(:(?P<port>[0-9]{1,5}))?"
    r"(\?transport=(udp|tcp))?"
)
# What parts the addresses of a list, be it of words, of JSON or of TOML.
_PARTS = re.compile(r"[\s,;\"'\[\]]+")
_KNOWN = ("username", "credential")


@dataclass(frozen=True, slots=True)
class Ends:
    """The servers that the two ends of a camera's connection ask.

    Attributes
    ----------
    browser, server : tuple of Server; aiortc, at the server, asks the first STUN and the first TURN
    """

    browser: tuple[Server, ...]
    server: tuple[Server, ...]

    @property
    def hosts(self) -> frozenset[str]:
        """Names or numbers of all TURN servers."""
        return hosts_of((*self.browser, *self.server))


def servers_in(text: str, *, unnamed: bool = False) -> tuple[Server, ...] | None:
    """Return the servers of a list in JSON; None where browsers or aiortc would refuse one.

    Parameters
    ----------
    unnamed : bool, whether a TURN server may lack name and password, to be given some by `ends_of`
    """
    try:
        servers = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(servers, list):
        return None
    return tuple(servers) if all(_is_server(one, unnamed=unnamed) for one in servers) else None


def turn_urls_in(text: str) -> tuple[str, ...] | None:
    """Return the addresses of TURN servers in a list; None when one of them is none."""
    urls = tuple(filter(None, _PARTS.split(text)))
    is_valid = all(url.startswith("turn") and _is_url(url, known=True) for url in urls)
    return urls if urls and is_valid else None


def usable(servers: object) -> tuple[Server, ...]:
    """Return what browsers can use of the servers that a service names, TURN among them.

    Returns
    -------
    tuple of Server, without addresses at `BLOCKED_PORT` and without unknown fields; () for none
    """
    found = []
    for one in servers if isinstance(servers, list) else ():
        if isinstance(one, dict) and _is_server(one, unnamed=False):
            urls = [url for url in urls_of([one]) if not _is_blocked(url)]
            if urls:
                found.append({"urls": urls} | {name: one[name] for name in _KNOWN if name in one})
    return tuple(found) if any(url.startswith("turn") for url in urls_of(found)) else ()


def credentials(secret: str, now: float, word: str) -> dict[str, str]:
    """Return a name and a password that a TURN server with the same secret takes for `LIFETIME_S`.

    Parameters
    ----------
    now : float, seconds since 1970
    word : str, names one start of a camera in the TURN server's log, and nobody
    """
    username = f"{math.ceil(now) + LIFETIME_S}:{word}"
    digest = hmac.digest(secret.encode(), username.encode(), "sha1")
    return {"username": username, "credential": base64.b64encode(digest).decode()}


def ends_of(listed: Sequence[Server], made: Sequence[Server], own: Sequence[Server] | None) -> Ends:
    """Return the servers of both ends.

    Parameters
    ----------
    listed : sequence of Server, as the settings name them
    made : sequence of Server, TURN with credentials made for this start
    own : sequence of Server or None, those of the server's end, None for the same; its TURN servers
        without a name get that of the same host in ``made``, else the first, and go without one
    """
    browser = (*listed, *made)
    if own is None:
        return Ends(browser, browser)
    return Ends(browser, tuple(one for server in own for one in _named(server, made)))


def urls_of(servers: Sequence[Server]) -> list[str]:
    """Return the addresses of servers, each once."""
    urls: list[str] = []
    for one in servers:
        told = one.get("urls")
        urls += told if isinstance(told, list) else [str(told)]
    return list(dict.fromkeys(urls))


def hosts_of(servers: Sequence[Server]) -> frozenset[str]:
    """Return the names or numbers of the TURN servers among some, which relay from their own."""
    found = (_URL.fullmatch(url) for url in urls_of(servers))
    return frozenset(one["host"] for one in found if one and one["kind"] == "turn")


def _named(server: Server, made: Sequence[Server]) -> Sequence[Server]:
    """Return a server with a name, TURN's with one that was made; () when there is none."""
    hosts = hosts_of([server])
    if "username" in server or not hosts:
        return (server,)
    named = [one for one in made if "username" in one]
    same = [one for one in named if hosts & hosts_of([one])]
    return [{**server, **{name: one[name] for name in _KNOWN}} for one in (same or named)[:1]]


def _is_server(server: object, *, unnamed: bool) -> bool:
    """Return whether a server is one that browsers and aiortc take; both refuse others late."""
    if not isinstance(server, dict):
        return False
    urls = server.get("urls")
    listed = urls if isinstance(urls, list) else [urls]
    others = [value for name, value in server.items() if name != "urls"]
    if not all(isinstance(value, str) and value.isprintable() for value in others):
        return False
    told = set(_KNOWN) & server.keys()
    known = len(told) == len(_KNOWN) or (unnamed and not told)
    return bool(listed) and all(_is_url(url, known=known) for url in listed)


def _is_url(url: object, *, known: bool) -> bool:
    found = _URL.fullmatch(url) if isinstance(url, str) else None
    if found is None or int(found["port"] or 1) not in range(1, HIGHEST_PORT + 1):
        return False
    # Nobody relays for a stranger; and STUN knows no transport.
    return known if found["kind"] == "turn" else "?" not in found[0]


def _is_blocked(url: str) -> bool:
    found = _URL.fullmatch(url)
    return found is not None and int(found["port"] or 0) == BLOCKED_PORT
