"""Who may change what all visitors share: whoever has the owner's cookie, by whatever way."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pages.ui.visitor import owner

# What proxies and those who imitate them send.
HEADERS = [
    {},
    {"Host": "127.0.0.1:8501"},
    {"Host": "localhost"},
    {"Host": "[::1]:8501"},
    {"Host": "moodring.example.org"},
    {"Host": ""},
    {"Origin": "http://127.0.0.1:9999"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Forwarded": "for=127.0.0.1;host=localhost"},
    {"Via": "1.1 proxy"},
    *(
        {"Host": "localhost", name: "127.0.0.1"}
        for name in (
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Port",
            "X-Forwarded-Server",
            "X-Real-Ip",
            "X-Client-Ip",
            "True-Client-Ip",
            "Cf-Connecting-Ip",
            "Fastly-Client-Ip",
            "Tailscale-User-Login",
        )
    ),
]
RIGHT = owner.cookie_of(owner.WORD)
MINE = owner.cookie_name()


def come(
    monkeypatch: pytest.MonkeyPatch,
    cookies: dict[str, str],
    headers: dict[str, str],
    address: str | None = None,
) -> None:
    """Visit the page with these headers."""
    visit = SimpleNamespace(cookies=cookies, headers=headers, ip_address=address)
    monkeypatch.setattr(owner.st, "context", visit)


@pytest.mark.parametrize("headers", HEADERS)
@pytest.mark.parametrize("address", [None, "127.0.0.1", "::1", "203.0.113.9"])
def test_the_cookie_alone_decides_whatever_headers_and_addresses_say(
    monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], address: str | None
) -> None:
    come(monkeypatch, {}, headers, address)
    assert not owner.is_owner()
    come(monkeypatch, {MINE: RIGHT}, headers, address)
    assert owner.is_owner()


@pytest.mark.parametrize(
    "cookies",
    [
        {},
        {MINE: ""},
        {MINE: "1"},
        {MINE: RIGHT[:-1]},
        {MINE: f"{RIGHT} "},
        {MINE: RIGHT.upper()},
        {MINE: "é\udcff"},
        # The word opens the address; it is not what the cookie holds.
        {MINE: owner.WORD},
        {MINE: owner.cookie_of("")},
        {"moodring_listener": RIGHT},
        # Another Moodring's on this host.
        {owner.COOKIE: RIGHT},
        {f"{owner.COOKIE}_9999": RIGHT},
    ],
)
def test_any_other_cookie_is_nobodys(
    monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]
) -> None:
    come(monkeypatch, cookies, {"Host": "127.0.0.1:8501"})
    assert not owner.is_owner()


def test_the_next_start_knows_the_old_cookie_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    come(monkeypatch, {MINE: RIGHT}, {})
    monkeypatch.setattr(owner, "WORD", "another")
    assert not owner.is_owner()


def test_the_word_is_long_and_cannot_be_told_from_the_cookie() -> None:
    # Base64 has six bits a letter.
    assert len(owner.WORD) * 6 >= owner.WORD_BYTES * 8 >= 256
    assert owner.WORD not in RIGHT
