"""When a play counts, where plays may go, and how a visitor's server is pinned."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from recommender.errors import SourceError
from recommender.listenbrainz.client import (
    HEARD_S,
    HOME,
    Listen,
    ListenBrainz,
    address_from,
    is_heard,
)
from recommender.settings import BadSetting, settings_from

LENGTHS = some.none() | some.floats(0, 10_000)


def test_the_owner_may_name_a_server() -> None:
    url = "http://10.0.0.2:42010/apis/listenbrainz"
    assert settings_from({"MOODRING_LISTENBRAINZ_URL": f"{url}/"}).listenbrainz_url == url
    assert settings_from({}).listenbrainz_url is None
    with pytest.raises(BadSetting, match="MOODRING_LISTENBRAINZ_URL"):
        settings_from({"MOODRING_LISTENBRAINZ_URL": "brainz"})


@given(length=LENGTHS, heard=some.floats(0, 10_000))
def test_half_of_a_song_or_four_minutes_count(length: float | None, heard: float) -> None:
    half = length / 2 if length else HEARD_S
    assert is_heard(heard, length) == (heard >= 240 or heard >= half)
    assert HEARD_S == 240


def test_what_is_not_known_of_a_song_is_left_out() -> None:
    told = Listen(1, "Fake Song", "Fake Band", None, 0.4).as_json()["track_metadata"]
    assert "release_name" not in told
    assert "duration" not in told["additional_info"]


@pytest.mark.parametrize(
    ("text", "owners", "base", "is_owners"),
    [
        ("", None, HOME, False),
        (" https://api.listenbrainz.org/1/ ", None, HOME, False),
        ("brainz.example", None, "https://brainz.example", False),
        ("", "http://10.0.0.2:42010/apis/listenbrainz", None, True),
        ("http://10.0.0.2:42010/apis/listenbrainz/1", "http://10.0.0.2:42010/apis/listenbrainz",
         None, True),
        ("", "http://10.0.0.2/1", "http://10.0.0.2", True),
        ("https://other.example", "http://10.0.0.2", "https://other.example", False),
    ],
)  # fmt: skip
def test_only_the_owners_server_may_lie_anywhere(
    text: str, owners: str | None, base: str | None, is_owners: bool
) -> None:
    found = address_from(text, owners)
    assert (found.base, found.is_owners) == (base or owners, is_owners)


@pytest.mark.parametrize(
    "text", ["http://brainz.example", "https://brainz.example:22", "ftp://x", "a b", "https:///x"]
)
def test_another_address_is_refused(text: str) -> None:
    with pytest.raises(SourceError) as refused:
        address_from(text, "http://10.0.0.2")
    assert refused.value.message.id == "listenbrainz-address"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SourceError("server-address"), "listenbrainz-address"),
        (TimeoutError("not done by the deadline"), "listenbrainz-unreachable"),
    ],
)
def test_a_visitors_server_is_looked_up_first(error: Exception, said: str) -> None:
    def machines(*_: object) -> tuple[str, ...]:
        raise error

    ours = ListenBrainz(address_from("brainz.example", None), "token", machines=machines)
    with pytest.raises(SourceError) as refused:
        ours.user()
    assert refused.value.message.id == said


def test_the_numbers_that_were_checked_stay() -> None:
    asked: list[object] = []

    def machines(*told: object) -> tuple[str, ...]:
        asked.append(told)
        return ("192.0.2.1",)

    ours = ListenBrainz(address_from("brainz.example", None), "token", machines=machines)
    ends = time.monotonic() + 60
    assert [ours._where(ends), ours._where(ends)] == [("192.0.2.1",)] * 2
    assert len(asked) == 1
