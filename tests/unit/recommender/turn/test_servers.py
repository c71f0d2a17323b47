"""STUN and TURN servers: lists of them, credentials for a time, and which end asks which."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from aiortc import RTCIceServer
from aiortc.rtcicetransport import connection_kwargs
from hypothesis import given
from hypothesis import strategies as st

from recommender.turn.servers import (
    BLOCKED_PORT,
    CLOUDFLARE,
    LIFETIME_S,
    RENEW_S,
    credentials,
    ends_of,
    hosts_of,
    servers_in,
    turn_urls_in,
    urls_of,
    usable,
)
from tests.fakes.cloudflare import answer

# The longest stream that is promised.
LONGEST_S = 12 * 3600
NAMED = {"username": "me", "credential": "word"}
STUN: dict[str, Any] = {"urls": "stun:stun.example.org"}
MADE: dict[str, Any] = {"urls": ["turn:turn.example.org", "turns:turn.example.org"], **NAMED}
HOSTED: dict[str, Any] = {"urls": ["turn:other.example"], "username": "c", "credential": "f"}


def hmac_sha1(key: bytes, text: bytes) -> bytes:
    """HMAC as RFC 2104 writes it out, for keys of 64 bytes at most."""
    inner = bytes(one ^ 0x36 for one in key.ljust(64, b"\0"))
    outer = bytes(one ^ 0x5C for one in key.ljust(64, b"\0"))
    return hashlib.sha1(outer + hashlib.sha1(inner + text).digest()).digest()  # noqa: S324 - the draft's own


@given(st.text(min_size=1, max_size=16), st.floats(0, 4e9), st.text("0123456789abcdef", min_size=1))
def test_credentials_are_those_of_the_draft_and_outlive_any_stream(
    secret: str, now: float, word: str
) -> None:
    made = credentials(secret, now, word)
    ends, _, told = made["username"].partition(":")
    assert told == word
    assert now + LIFETIME_S <= int(ends) <= now + LIFETIME_S + 1
    # An hour in a page that waits, after an hour in Cloudflare's client, and then the stream.
    assert LIFETIME_S - 2 * RENEW_S >= LONGEST_S
    password = base64.b64decode(made["credential"], validate=True)
    assert password == hmac_sha1(secret.encode(), made["username"].encode())


def test_a_known_pair_of_name_and_password() -> None:
    # As `printf 86401:word | openssl dgst -sha1 -hmac secret -binary | base64` prints it.
    made = credentials("secret", 0.5, "word")
    assert made == {"username": "86401:word", "credential": "V751TGwvtkipToPRF4ODBfqwASs="}


@pytest.mark.parametrize(
    "text",
    [
        "turn:a.example:3478?transport=udp turns:a.example:5349?transport=tcp",
        "turn:a.example:3478?transport=udp,turns:a.example:5349?transport=tcp",
        '["turn:a.example:3478?transport=udp", "turns:a.example:5349?transport=tcp"]',
        "['turn:a.example:3478?transport=udp', 'turns:a.example:5349?transport=tcp']",
    ],
)
def test_addresses_of_turn_are_words_or_a_list_of_json_or_toml(text: str) -> None:
    urls = ("turn:a.example:3478?transport=udp", "turns:a.example:5349?transport=tcp")
    assert turn_urls_in(text) == urls
    for url in urls:
        assert "turn_server" in connection_kwargs([RTCIceServer([url], "me", "word")])


@pytest.mark.parametrize(
    "text",
    [
        *("[]", "stun:a.example", "turn:a stun:b", "turn:", "turn:a:0", "turn:a:65536"),
        *("turn:[::1]", "turn:me@a.example", "turn://a.example", "a.example", "turn:a?transport=x"),
    ],
)
def test_other_addresses_are_none_of_turn(text: str) -> None:
    assert turn_urls_in(text) is None


def test_a_server_of_turn_may_lack_a_name_only_where_it_gets_one() -> None:
    for entry, unnamed, valid in (
        (MADE, False, True),
        ({"urls": "turn:a"}, False, False),
        ({"urls": "turn:a"}, True, True),
        ({"urls": "turn:a", "username": "me"}, True, False),
        (STUN, False, True),
    ):
        found = servers_in(json.dumps([entry]), unnamed=unnamed)
        assert found == ((entry,) if valid else None)


def test_both_ends_ask_the_same_unless_the_servers_own_are_named() -> None:
    ends = ends_of([STUN], [MADE], None)
    assert ends.browser == ends.server == (STUN, MADE)
    assert ends.hosts == {"turn.example.org"}
    assert ends_of([STUN], [MADE], []).server == ()


def test_the_servers_own_get_the_name_of_their_host_or_the_first() -> None:
    own = [
        STUN,
        {"urls": "turns:other.example:443?transport=tcp"},
        {"urls": "turn:third.example"},
        {"urls": "turn:fixed.example", "username": "x", "credential": "y"},
    ]
    ends = ends_of([], [MADE, HOSTED], own)
    assert ends.browser == (MADE, HOSTED)
    assert [one.get("username") for one in ends.server] == [None, "c", "me", "x"]
    assert [one["urls"] for one in ends.server] == [one["urls"] for one in own]
    assert ends.hosts == {"turn.example.org", "other.example", "third.example", "fixed.example"}
    # Without a name nobody relays.
    assert [one.get("username") for one in ends_of([], [], own).server] == [None, "x"]


def test_addresses_are_told_once_and_hosts_are_those_of_relays() -> None:
    assert urls_of([STUN, MADE, STUN]) == [STUN["urls"], *MADE["urls"]]
    assert hosts_of([STUN, MADE]) == {"turn.example.org"}
    assert hosts_of([CLOUDFLARE]) == {"turn.cloudflare.com"}


def test_of_cloudflares_answer_all_is_used_but_the_port_of_dns() -> None:
    told = answer()["iceServers"]
    stun, turn = usable([{**told[0], "note": "x"}, told[1]])
    assert stun == {"urls": ["stun:stun.cloudflare.com:3478"]}
    assert turn == {**told[1], "urls": [url for url in told[1]["urls"] if ":53?" not in url]}
    assert len(turn["urls"]) == 5  # type: ignore[arg-type] - a list
    assert BLOCKED_PORT == 53


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(MADE["urls"]),
    lambda one: (
        st.lists(one, max_size=4)
        | st.dictionaries(st.sampled_from(["urls", "username", "credential", "x"]), one, max_size=4)
    ),
    max_leaves=12,
)


@given(JSON)
def test_whatever_is_answered_browsers_and_aiortc_take_what_is_used_of_it(told: object) -> None:
    found = usable(told)
    for one in found:
        connection_kwargs([RTCIceServer(one["urls"], one.get("username"), one.get("credential"))])  # type: ignore[arg-type] - as read
    assert not found or hosts_of(found)
    read = servers_in(json.dumps(told))
    assert read is None or (isinstance(told, list) and len(read) == len(told))


@given(st.text())
def test_nonsense_is_no_list(text: str) -> None:
    servers_in(text)
    urls = turn_urls_in(text)
    assert urls is None or all(url.startswith("turn") for url in urls)
