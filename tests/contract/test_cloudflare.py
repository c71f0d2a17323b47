"""Cloudflare's TURN credentials, against the fake: what is asked, how often, and every fault."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest

from pages.ui import resources
from pages.ui.listen import turn
from recommender.errors import NotAuthorised, SourceError
from recommender.settings import Settings, settings_from
from recommender.turn.cloudflare import PATIENCE_S, PAUSE_S, Cloudflare
from recommender.turn.servers import LIFETIME_S, RENEW_S, hosts_of, urls_of
from recommender.wording import SENTENCES, sentence
from tests.busy import LATE_S
from tests.fakes.cloudflare import FAULTS, HOST, KEY_ID, TOKEN, FakeCloudflare
from tests.fakes.spotify import nobody_there

REFUSED = {"401", "403", "404"}
SLOW = {"stall", "drip"}


def client(base: str, token: str = TOKEN, **more: object) -> Cloudflare:
    return Cloudflare(base, KEY_ID, token, **more)  # type: ignore[arg-type]


def test_it_is_asked_once_an_hour_for_credentials_of_a_day() -> None:
    clock = SimpleNamespace(now=100.0)
    with FakeCloudflare() as fake:
        mine = client(fake.base, now=lambda: clock.now)
        stun, first = mine.servers()
        assert hosts_of([first]) == {HOST}
        assert not any(re.search(r":53\b", url) for url in urls_of([stun, first]))
        clock.now += RENEW_S - 1
        assert mine.servers() == (stun, first)
        clock.now += 1
        assert mine.servers()[1]["username"] != first["username"]
        assert fake.asked == [LIFETIME_S] * 2


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_each_fault_is_one_sentence_without_the_token_and_soon_told(fault: str) -> None:
    with FakeCloudflare(fault=fault) as fake:
        begun = time.monotonic()
        with pytest.raises(SourceError) as told:
            client(fake.base).servers()
        assert time.monotonic() - begun < PATIENCE_S + LATE_S
    said = sentence(told.value)
    assert said == SENTENCES[told.value.message.id]
    assert isinstance(told.value, NotAuthorised) is (fault in REFUSED)
    assert TOKEN not in f"{told.value!r} {told.value.__cause__} {said}"


def test_after_a_failure_nobody_waits_for_a_while_and_then_it_is_asked_again() -> None:
    clock = SimpleNamespace(now=100.0)
    with FakeCloudflare(fault="502") as fake:
        mine = client(fake.base, now=lambda: clock.now)
        for _ in range(3):
            with pytest.raises(SourceError):
                mine.servers()
        assert len(fake.asked) == 1
        fake.fault = None
        clock.now += PAUSE_S
        assert mine.servers()


def test_a_wrong_token_and_nobody_there() -> None:
    with FakeCloudflare() as fake, pytest.raises(NotAuthorised):
        client(fake.base, "another").servers()
    with pytest.raises(SourceError) as told:
        client(nobody_there()).servers()
    assert told.value.message.id == "cloudflare-failed"


def ends_with(
    monkeypatch: pytest.MonkeyPatch, **environ: str
) -> tuple[turn.Ends, SourceError | None]:
    """What a start asks with these settings."""
    settings: Settings = settings_from(environ)
    monkeypatch.setattr(resources, "settings", lambda: settings)
    resources.cloudflare.clear()
    found = turn.ends(settings)
    resources.cloudflare.clear()
    return found


def test_a_start_has_the_relays_of_both_and_goes_on_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = {"MOODRING_TURN_URLS": "turn:own.example", "MOODRING_TURN_SECRET": "secret"}
    assert ends_with(monkeypatch) == (turn.Ends((), ()), None)
    with FakeCloudflare() as fake:
        both, problem = ends_with(monkeypatch, **own, **fake.environ)
        assert problem is None
        assert both.hosts == {"own.example", HOST}
        fake.fault = "502"
        left, problem = ends_with(monkeypatch, **own, **fake.environ)
    assert problem is not None
    assert left.hosts == {"own.example"}
    # Another name for each start.
    assert left.browser[0]["username"] != both.browser[0]["username"]
