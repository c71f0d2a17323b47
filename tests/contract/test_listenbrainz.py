"""Plays are handed in to a fake ListenBrainz with all its faults, and to a real Maloja."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from recommender.errors import NotAuthorised, RateLimited, SourceError
from recommender.listenbrainz import client as client_module
from recommender.listenbrainz import outbox as outbox_module
from recommender.listenbrainz.client import Listen, ListenBrainz
from recommender.listenbrainz.outbox import Outbox, Outboxes
from recommender.web.addresses import owners_address
from tests.busy import LATE_S, wait_until
from tests.e2e.driver import free_port
from tests.fakes import maloja
from tests.fakes.listenbrainz import FAULTS, TOKEN, USER, FakeListenBrainz
from tests.fakes.servers import NoServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fakes.maloja import Maloja

# Some requests and their pauses.
MAX_WORK_S = 10.0
NOON = 1_790_000_000
SONGS = [
    Listen(NOON + 300 * place, f"Fake Song {place}", "Fake Ärtist", "Fake Album", 181.4)
    for place in range(5)
]


def client_of(base: str, token: str = TOKEN) -> ListenBrainz:
    return ListenBrainz(owners_address(base), token)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(outbox_module, "MAX_PAUSE_S", 0.05)


def test_a_token_tells_its_user_and_takes_plays() -> None:
    with FakeListenBrainz() as fake:
        ours = client_of(fake.base, f" {TOKEN}\n")
        assert ours.user() == USER
        ours.submit(SONGS[:1])
        ours.submit(SONGS[1:])
        assert fake.batches == [("single", 1), ("import", 4)]
        assert fake.listens[0] == {
            "listened_at": NOON,
            "track_metadata": {
                "artist_name": "Fake Ärtist",
                "track_name": "Fake Song 0",
                "release_name": "Fake Album",
                "additional_info": {
                    "media_player": "Moodring",
                    "submission_client": "Moodring",
                    "duration": 181,
                },
            },
        }
        # As long as names may be in tags, it is not too long for ListenBrainz.
        ours.submit([Listen(NOON, "長" * 9000, "歌" * 9000, "集" * 9000)])
        with pytest.raises(NotAuthorised) as refused:
            client_of(fake.base, "wrong").user()
        assert refused.value.message.id == "listenbrainz-bad-token"
        with pytest.raises(NotAuthorised):
            client_of(fake.base, "wrong").submit(SONGS)
        asked = fake.asked
        for token in ("", "two words", "new\nline", "ä", "x" * 201):
            with pytest.raises(NotAuthorised):
                client_of(fake.base, token)
        assert fake.asked == asked


def test_a_netrc_does_not_go_before_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login alice password secret\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    with FakeListenBrainz() as fake:
        assert client_of(fake.base).user() == USER


SAID = {
    "full": "listenbrainz-full",
    "busy": "listenbrainz-full",
    "401": "listenbrainz-bad-token",
    "403": "listenbrainz-bad-token",
    "404": "listenbrainz-nonsense",
    "redirecting": "listenbrainz-nonsense",
    "HTML": "listenbrainz-nonsense",
    "bad JSON": "listenbrainz-nonsense",
    "invalid method": "listenbrainz-nonsense",
    "endless": "listenbrainz-nonsense",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_one_sentence(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "ANSWER_S", 1.0 if fault in {"drip", "stall"} else LATE_S)
    with FakeListenBrainz(fault, fault) as fake:
        ours = client_of(fake.base)
        with pytest.raises(SourceError) as submitted:
            ours.submit(SONGS[:1])
        assert submitted.value.message.id == SAID.get(fault, "listenbrainz-unreachable")
        # A cause may hold the token.
        assert submitted.value.__cause__ is None
        if isinstance(submitted.value, RateLimited):
            assert submitted.value.retry_after == (7 if fault == "full" else None)
        if fault != "lost":
            with pytest.raises(SourceError):
                ours.user()


def test_where_nobody_answers_it_is_said() -> None:
    with pytest.raises(SourceError) as raised:
        client_of(f"http://127.0.0.1:{free_port()}").user()
    assert raised.value.message.id == "listenbrainz-unreachable"


def box_of(base: str, token: str = TOKEN) -> Outbox:
    return Outbox(client_of(base, token), USER, threading.Semaphore(2))


def until_sent(box: Outbox, count: int) -> None:
    """Wait until no play waits any more; so many were taken."""
    wait_until(lambda: not box.waiting, MAX_WORK_S)
    assert box.sent == count


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("fault", ["busy", "500", "502", "reset", "HTML"])
def test_plays_wait_and_are_handed_in_again(fault: str) -> None:
    with FakeListenBrainz(fault, fault) as fake:
        box = box_of(fake.base)
        for one in (*SONGS, SONGS[0]):
            box.add(one)
        until_sent(box, len(SONGS))
        # One that has failed waits behind those that came meanwhile.
        handed = sorted(one["listened_at"] for one in fake.listens)
        assert handed == [one.listened_at for one in SONGS]
        assert box.problem is None


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("kind", "faults"), [("refused", []), ("broken", ["reset"])])
def test_one_bad_play_does_not_keep_the_others_back(kind: str, faults: list[str]) -> None:
    with FakeListenBrainz(*faults) as fake:
        setattr(fake, kind, {"Fake Song 0"})
        box = box_of(fake.base)
        box._senders.acquire()
        box._senders.acquire()
        for one in SONGS[:-1]:
            box.add(one)
        # All senders are at work elsewhere: they wait for the next play.
        assert (fake.asked, box.waiting) == (0, 4)
        box._senders.release()
        box.add(SONGS[-1])
        until_sent(box, 4)
        assert fake.batches == [("single", 1)] * 4


@pytest.mark.usefixtures("quick")
def test_the_oldest_plays_give_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MAX_WAITING", 3)
    with FakeListenBrainz(*["busy"] * 12) as fake:
        box = box_of(fake.base)
        box.add(SONGS[0])
        # After so many failures, it waits for the next play.
        wait_until(lambda: not box._is_sending, MAX_WORK_S)
        assert (box.sent, box.waiting, fake.asked) == (0, 1, outbox_module.MAX_FAILURES)
        box._senders.acquire()
        box._senders.acquire()
        for one in SONGS[1:]:
            box.add(one)
        assert list(box._waiting) == SONGS[2:]
        # A batch whose first play has given way while it was sent.
        box._put_off(SONGS[1:3])
        assert list(box._waiting) == [*SONGS[3:], SONGS[2]]
        box._take_out(SONGS[:3])
        assert list(box._waiting) == SONGS[3:]


def test_no_more_visitors_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "MAX_OUTBOXES", 1)
    with FakeListenBrainz() as fake:
        outboxes = Outboxes(fake.base)
        first = outboxes.connect("first", TOKEN)
        second = outboxes.connect("second", TOKEN)
        assert (first.has_ended, outboxes.of("first")) == (True, None)
        assert outboxes.of("second") is second


@pytest.mark.usefixtures("quick")
def test_a_bad_token_ends_it_with_one_sentence() -> None:
    with FakeListenBrainz("401") as fake:
        box = box_of(fake.base)
        box.add(SONGS[0])
        assert box._ended.wait(LATE_S)
        assert box.problem is not None
        assert box.problem.id == "listenbrainz-bad-token"
        box.add(SONGS[1])
        assert (box.has_ended, box.waiting, fake.asked) == (True, 0, 1)


@pytest.mark.usefixtures("quick")
def test_visitors_have_an_outbox_each_until_they_leave() -> None:
    with FakeListenBrainz() as fake:
        outboxes = Outboxes(f"{fake.base}/1")
        mine = outboxes.connect("me", TOKEN)
        theirs = outboxes.connect("them", TOKEN, f"{fake.base}/1/")
        assert (mine.user, outboxes.of("me"), outboxes.of("x")) == (USER, mine, None)
        with pytest.raises(NotAuthorised):
            outboxes.connect("me", "wrong")
        assert outboxes.of("me") is mine
        again = outboxes.connect("me", TOKEN)
        assert (mine.has_ended, again.has_ended) == (True, False)
        outboxes.forget("them")
        outboxes.forget("them")
        assert (theirs.has_ended, outboxes.of("them")) == (True, None)
        asked = fake.asked
        # The owner's alone may lie in this network.
        for address in ("http://127.0.0.1:1", "https://localhost", "https://10.0.0.1/", "x y", "@"):
            with pytest.raises(SourceError) as refused:
                outboxes.connect("them", TOKEN, address)
            assert refused.value.message.id == "listenbrainz-address"
        assert fake.asked == asked


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maloja]:
    try:
        with maloja.running(tmp_path_factory.mktemp("maloja")) as started:
            yield started
    except NoServer as reason:
        pytest.skip(str(reason))


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_maloja_keeps_what_is_handed_in(real: Maloja) -> None:
    ours = client_of(real.base, maloja.TOKEN)
    assert ours.user()
    with pytest.raises(NotAuthorised):
        client_of(real.base, "wrong").user()
    with pytest.raises(NotAuthorised):
        client_of(real.base, "wrong").submit(SONGS)
    assert real.scrobbles() == []
    box = box_of(real.base, maloja.TOKEN)
    box.add(SONGS[0])
    until_sent(box, 1)
    # Its answer to the second was lost: it is handed in again, alone, and the rest is kept, too.
    ours.submit(SONGS[1:2])
    box._failures[SONGS[1].listened_at] = 1
    for one in SONGS[1:]:
        box.add(one)
    until_sent(box, len(SONGS))
    kept = {one["time"]: one["track"] for one in real.scrobbles()}
    assert sorted(kept) == [one.listened_at for one in SONGS]
    first = kept[NOON]
    assert (first["title"], first["artists"]) == ("Fake Song 0", ["Fake Ärtist"])
    assert first["length"] == 181
    # The reason for handing in alone: of a list with a play that it knows, it drops the rest.
    more = [replace(SONGS[0], listened_at=NOON + 300 * place) for place in (9, 0, 8)]
    ours.submit(more)
    assert {one["time"] for one in real.scrobbles()} - set(kept) == {more[0].listened_at}
