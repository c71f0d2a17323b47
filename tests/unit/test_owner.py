"""Who may change what all visitors share."""

from __future__ import annotations

import pytest

from pages.ui.owner import FORWARDED, at_this_machine

HERE = {"Host": "127.0.0.1:8501"}


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "localhost:8501", "[::1]:8501"])
def test_somebody_at_this_machine_may(host: str) -> None:
    assert at_this_machine("127.0.0.1", None, {"Host": host})
    assert at_this_machine("localhost", "::1", {"host": host})


@pytest.mark.parametrize(
    ("address", "visitor", "headers"),
    [
        ("0.0.0.0", None, HERE),
        (None, None, HERE),
        ("", None, HERE),
        ("192.168.1.20", None, HERE),
        ("127.0.0.1", "192.168.1.7", HERE),
        ("127.0.0.1", None, {"Host": "moodring.example.org"}),
        ("127.0.0.1", None, {"Host": "127.0.0.1.example.org"}),
        ("127.0.0.1", None, {"Host": "192.168.1.20:8501"}),
        ("127.0.0.1", None, {"Host": ""}),
        ("127.0.0.1", None, {"Host": "[::1"}),
        ("127.0.0.1", None, {}),
    ],
)
def test_nobody_else_may(address: str | None, visitor: str | None, headers: dict[str, str]) -> None:
    assert not at_this_machine(address, visitor, headers)


@pytest.mark.parametrize("name", FORWARDED)
def test_whoever_comes_through_a_proxy_may_not(name: str) -> None:
    assert not at_this_machine("127.0.0.1", None, {**HERE, name.lower(): "203.0.113.9"})
