"""The client of music servers against a fake that has every habit of theirs."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recommender.errors import NotAuthorised, RateLimited, SourceError, Unavailable
from recommender.subsonic.client import MAX_PLAYLIST, PAGE_SIZE, Login, SubsonicClient
from recommender.web.addresses import owners_address
from tests.busy import LATE_S
from tests.e2e.driver import free_port
from tests.fakes.subsonic import FAULTS, KEY, PASSWORD, SOUND, USER, FakeSubsonic, song

if TYPE_CHECKING:
    from collections.abc import Callable

LOGIN = Login(USER, PASSWORD)


def client_of(fake: FakeSubsonic, login: Login = LOGIN) -> SubsonicClient:
    return SubsonicClient(owners_address(fake.base), login)


def said_by(act: Callable[[], object]) -> SourceError:
    with pytest.raises(SourceError) as raised:
        act()
    # A cause would name the address, and with it the sign-in.
    assert raised.value.__cause__ is None
    return raised.value


@pytest.mark.parametrize(
    ("login", "accepted", "sent"),
    [
        (replace(LOGIN, key=KEY), ("key", "token", "enc"), "apiKey"),
        (LOGIN, ("key", "token", "enc"), "t"),
        (LOGIN, ("enc",), "p"),
        (replace(LOGIN, key=KEY), ("token", "enc"), "t"),
        (replace(LOGIN, key=KEY), ("enc",), "p"),
    ],
    ids=["key", "token", "hexadecimal", "key refused", "two refused"],
)
@pytest.mark.parametrize("refusal", [10, 41, 42, 43])
def test_the_first_sign_in_that_the_server_takes_is_kept(
    login: Login, accepted: tuple[str, ...], sent: str, refusal: int
) -> None:
    with FakeSubsonic(sign_ins=accepted, refusal=refusal) as fake:
        client = client_of(fake, login)
        client.check()
        tries = len(fake.asked)
        client.check()
        assert len(fake.asked) == tries + 1
        assert sent in fake.asked[-1][1]
        assert PASSWORD not in str(fake.asked)


def test_a_wrong_sign_in_is_told_once_and_not_sent_again() -> None:
    with FakeSubsonic() as fake:
        for login, said in (
            (replace(LOGIN, password="wrong"), "server-bad-password"),
            (replace(LOGIN, key="wrong"), "server-bad-key"),
        ):
            client = client_of(fake, login)
            before = len(fake.asked)
            for _ in range(2):
                failure = said_by(client.check)
                assert isinstance(failure, NotAuthorised)
                assert failure.message.id == said
            assert len(fake.asked) == before + 1


def test_without_a_sign_in_that_the_server_knows_it_says_so() -> None:
    with FakeSubsonic(sign_ins=()) as fake:
        for login in (LOGIN, Login(), Login(key=KEY)):
            assert said_by(client_of(fake, login).check).message.id == "server-no-sign-in"


FOUND = {
    "full": "server-full",
    "too many": "server-full",
    "redirecting": "server-redirects",
    "500": "server-out-of-order",
    "401": "server-bad-password",
    "403": "server-not-allowed",
    "404 with 0": "server-out-of-order",
    "not allowed": "server-not-allowed",
    "trial over": "server-not-allowed",
    "generic": "server-out-of-order",
    "reset": "server-unreachable",
    "stall": "server-late",
    "drip": "server-late",
    "drip of headers": "server-late",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_becomes_one_sentence_in_time(fault: str) -> None:
    with FakeSubsonic(fault=fault) as fake:
        client = client_of(fake)
        begun = time.monotonic()
        failure = said_by(lambda: client.check(deadline=begun + 0.6))
        assert failure.message.id == FOUND.get(fault, "server-nonsense")
        assert time.monotonic() - begun < 0.6 + LATE_S
        # A stream that is none is told in the same way.
        again = client_of(fake)
        if fault not in {"stall", "drip", "drip of headers"}:
            assert said_by(lambda: again.open_stream("so-1")).message.id == failure.message.id


def test_a_server_that_is_full_is_left_alone_for_its_pause() -> None:
    with FakeSubsonic(fault="full") as fake:
        client = client_of(fake)
        first = said_by(client.check)
        assert isinstance(first, RateLimited)
        assert first.retry_after == 7
        said_by(client.check)
        assert len(fake.asked) == 1


def test_a_server_that_is_down_is_not_reached() -> None:
    client = SubsonicClient(owners_address(f"http://127.0.0.1:{free_port()}"), LOGIN)
    failure = said_by(client.check)
    assert isinstance(failure, Unavailable)
    assert failure.message.id == "server-unreachable"


def test_extensions_are_known_and_old_servers_have_none() -> None:
    with FakeSubsonic() as fake:
        assert "apiKeyAuthentication" in client_of(fake).extensions()
    with FakeSubsonic(fault="404") as fake:
        assert client_of(fake).extensions() == frozenset()


def test_songs_come_in_pages() -> None:
    with FakeSubsonic([song(number) for number in range(PAGE_SIZE + 3)]) as fake:
        client = client_of(fake)
        assert len(client.songs(0)) == PAGE_SIZE
        assert [one["id"] for one in client.songs(PAGE_SIZE)] == ["so-500", "so-501", "so-502"]
        assert client.songs(2 * PAGE_SIZE) == []
        assert len(client.some_songs()) == PAGE_SIZE


def test_sound_comes_whole_and_in_parts() -> None:
    with FakeSubsonic([song(1)]) as fake:
        client = client_of(fake)
        whole = client.open_stream("so-1")
        assert (whole.status, b"".join(whole.chunks)) == (200, SOUND)
        assert whole.headers["Content-Length"] == str(len(SOUND))
        whole.close()
        part = client.open_stream("so-1", "bytes=4-11")
        assert (part.status, b"".join(part.chunks)) == (206, SOUND[4:12])
        assert part.headers["Content-Range"] == f"bytes 4-11/{len(SOUND)}"
        part.close()
        assert said_by(lambda: client.open_stream("gone")).message.id == "server-song-gone"
        client.open_stream("so-1", "bytes=4-11", as_mp3=True).close()
        assert fake.asked[-1][1]["format"] == ["mp3"]


def test_sound_that_lasts_too_long_is_cut_off() -> None:
    with FakeSubsonic([song(1)]) as fake:
        stream = client_of(fake).open_stream("so-1", ends_at=time.monotonic())
        assert said_by(lambda: list(stream.chunks)).message.id == "server-late"
        stream.close()


def test_playlists_stars_and_plays_go_back() -> None:
    with FakeSubsonic([song(1)]) as fake:
        client = client_of(fake)
        client.create_playlist("Happy – München", [f"so-{n}" for n in range(MAX_PLAYLIST + 5)])
        assert fake.playlists["Happy – München"] == [f"so-{n}" for n in range(MAX_PLAYLIST)]
        client.star("so-1")
        assert fake.starred == {"so-1"}
        client.star("so-1", on=False)
        assert fake.starred == set()
        client.scrobble("so-1", 1_700_000_000_000)
        client.scrobble("so-1", playing_now=True)
        first, second = fake.scrobbled
        assert (first["submission"], first["time"]) == (["true"], ["1700000000000"])
        assert (second["submission"], "time" in second) == (["false"], False)


def test_one_forbidden_method_leaves_the_others() -> None:
    with FakeSubsonic([song(1)]) as fake:
        client = client_of(fake)
        fake.fault = "not allowed"
        assert said_by(lambda: client.star("so-1")).message.id == "server-not-allowed"
        fake.fault = None
        client.check()
