"""Which pages may open a websocket or change something here."""

from __future__ import annotations

import pytest

from pages.ui.web.doors import may_act

HERE = "127.0.0.1:8501"
ALLOWED = frozenset({"https://friend.example"})


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:8501", HERE),
        ("http://localhost:8501", "LOCALHOST:8501"),
        ("http://[::1]:8501", "[::1]:8501"),
        # A proxy ends HTTPS, and passes Host on, with or without the usual port.
        ("https://moodring.example.org", "moodring.example.org"),
        ("https://moodring.example.org", "moodring.example.org:443"),
        ("http://moodring.example.org", "moodring.example.org:80"),
        ("https://moodring.example.org:8443", "moodring.example.org:8443"),
        ("https://friend.example", HERE),
    ],
)
def test_our_own_pages_may_and_those_that_are_allowed(origin: str, host: str) -> None:
    assert may_act([origin], [host], ALLOWED)


@pytest.mark.parametrize(
    ("origins", "hosts"),
    [
        # Other servers on the machine.
        (["http://127.0.0.1:9999"], [HERE]),
        (["http://127.0.0.1"], [HERE]),
        (["http://localhost:8501"], [HERE]),
        (["http://127.0.0.1:8501"], ["127.0.0.1"]),
        (["https://moodring.example.org:444"], ["moodring.example.org"]),
        # Other sites, and what only looks like ours.
        (["https://evil.example"], [HERE]),
        (["http://127.0.0.1:8501.evil.example"], [HERE]),
        (["http://evil.example/127.0.0.1:8501"], [HERE]),
        (["https://friend.example.org"], [HERE]),
        (["http://friend.example"], [HERE]),
        (["null"], [HERE]),
        ([""], [HERE]),
        (["127.0.0.1:8501"], [HERE]),
        (["file://127.0.0.1:8501"], [HERE]),
        (["http://"], [""]),
        (["http://[::1"], ["[::1"]),
        (["http://127.0.0.1:x"], ["127.0.0.1:x"]),
        # Of two headers, each reader takes another one.
        (["http://127.0.0.1:8501", "https://evil.example"], [HERE]),
        (["http://127.0.0.1:8501"], [HERE, "evil.example"]),
        (["http://127.0.0.1:8501"], []),
    ],
)
def test_pages_from_elsewhere_may_not(origins: list[str], hosts: list[str]) -> None:
    assert not may_act(origins, hosts, ALLOWED)


def test_what_is_no_browser_names_no_origin_and_may() -> None:
    assert may_act([], [HERE], frozenset())
