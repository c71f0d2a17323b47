"""What a signed-in visitor can do, against the fake, on good days and bad."""

from __future__ import annotations

import logging
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from detectors.types import Message
from recommender.errors import (
    NotAuthorised,
    PlayerRefused,
    QuotaExceeded,
    RateLimited,
    ScopeMissing,
    SignInEnded,
    SignInRefused,
    SourceError,
    Unavailable,
)
from recommender.settings import settings_from
from recommender.spotify import account as accounts_module
from recommender.spotify import errors as sentences
from recommender.spotify.account import (
    ITEMS_A_REQUEST,
    KEPT_UNUSED_S,
    MAX_ACCOUNTS,
    PLAY,
    SAVE,
    TOP,
    SpotifyAccount,
    SpotifyAccounts,
    uri_of,
)
from recommender.spotify.client import call_within
from recommender.types import SourceName, Track
from tests.busy import LATE_S
from tests.fakes.spotify import FAULTS, FakeSpotify, FaultPlan
from tests.said import said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ME = "browser-me"
URI = f"spotify:track:{'a' * 22}"
SHORT_S = 0.6


@pytest.fixture
def fake() -> Iterator[FakeSpotify]:
    with FakeSpotify() as server:
        yield server


@pytest.fixture
def accounts(fake: FakeSpotify) -> SpotifyAccounts:
    return SpotifyAccounts(settings_from(fake.environ))


def agree(url: str) -> tuple[str, str]:
    """Press Agree on the page at an address, and return the code and the state that come back."""
    page = requests.get(url, timeout=5)
    assert page.status_code == 200, page.text
    link = re.search('id="agree" href="([^"]+)"', page.text)
    assert link is not None
    words = parse_qs(urlsplit(unescape(link[1])).query)
    return words["code"][0], words["state"][0]


def sign_in(accounts: SpotifyAccounts, *scopes: str, browser: str = ME) -> SpotifyAccount:
    for scope in scopes:
        code, state = agree(accounts.begin(browser, scope))
        account = accounts.connect(accounts.redeem_state(state, browser), code)
    return account


DOING: dict[str, tuple[str, Callable[[SpotifyAccount], object]]] = {
    "playlist": (SAVE, lambda account: account.create_playlist("name", [URI])),
    "play": (PLAY, lambda account: account.play(URI)),
    "queue": (PLAY, lambda account: account.queue(URI)),
    "artists": (TOP, lambda account: account.top_artists()),
}


def test_signing_in_asks_for_one_scope_and_learns_the_name(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    account = sign_in(accounts, SAVE)
    assert account.name == "Fake Visitor"
    assert account.scopes == {SAVE}
    assert fake.user.asked_scopes == [SAVE]
    assert accounts.of(ME) is account
    assert accounts.of("browser-you") is None


def test_each_further_sign_in_asks_for_one_scope_more(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    assert sign_in(accounts, SAVE, PLAY, TOP).scopes == {SAVE, PLAY, TOP}
    asked = [set(scopes.split()) for scopes in fake.user.asked_scopes]
    assert asked == [{SAVE}, {SAVE, PLAY}, {SAVE, PLAY, TOP}]


@pytest.mark.parametrize("count", [1, ITEMS_A_REQUEST, 2 * ITEMS_A_REQUEST + 50])
def test_a_private_playlist_is_filled_in_hundreds(
    accounts: SpotifyAccounts, fake: FakeSpotify, count: int
) -> None:
    uris = [f"spotify:track:{number:022}" for number in range(count)]
    saved = sign_in(accounts, SAVE).create_playlist(" My\nname ", [*uris, uris[0]])
    ((identity, playlist),) = fake.user.playlists.items()
    assert saved.url == f"https://open.spotify.com/playlist/{identity}"
    assert (saved.added, saved.problem) == (count, None)
    assert (playlist.name, playlist.public, playlist.uris) == ("My name", False, uris)
    assert playlist.requests == -(-count // ITEMS_A_REQUEST)


def test_an_over_long_name_is_cut(accounts: SpotifyAccounts, fake: FakeSpotify) -> None:
    sign_in(accounts, SAVE).create_playlist("x" * 500, [URI])
    (playlist,) = fake.user.playlists.values()
    assert len(playlist.name) == accounts_module.MAX_NAME_LENGTH


def test_half_a_playlist_is_said_to_be_half(accounts: SpotifyAccounts, fake: FakeSpotify) -> None:
    fake.user.items_left = 1
    uris = [f"spotify:track:{number:022}" for number in range(150)]
    saved = sign_in(accounts, SAVE).create_playlist("name", uris)
    assert (saved.added, saved.problem) == (100, Message("spotify-out-of-order"))
    assert len(fake.user.playlists) == 1


def test_a_song_is_played_and_another_queued(accounts: SpotifyAccounts, fake: FakeSpotify) -> None:
    account = sign_in(accounts, SAVE, PLAY)
    account.play(URI)
    account.queue(URI.replace("a", "b").replace("trbck", "track"))
    assert fake.user.played == [URI]
    assert fake.user.queued == [f"spotify:track:{'b' * 22}"]


@pytest.mark.parametrize("what", ["play", "queue"])
@pytest.mark.parametrize(
    ("switch", "sentence"),
    [("has_premium", said("spotify-needs-premium")), ("has_device", said("spotify-no-device"))],
)
def test_missing_premium_and_a_missing_device_are_told_apart(
    accounts: SpotifyAccounts, fake: FakeSpotify, what: str, switch: str, sentence: str
) -> None:
    account = sign_in(accounts, SAVE, PLAY)
    setattr(fake.user, switch, False)
    with pytest.raises(PlayerRefused) as refused:
        DOING[what][1](account)
    assert str(refused.value) == sentence


def test_top_artists_are_kept_until_they_are_forgotten(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    fake.user.artists = ("A. R. Rahman", "A. R. Rahman", "Weird\u0000 Name", "")
    account = sign_in(accounts, SAVE, TOP)
    assert account.suggestions == ()
    assert account.top_artists() == ("A. R. Rahman", "Weird Name")
    accounts.forget(ME)
    assert account.suggestions == ()


@pytest.mark.parametrize("who", ["fake-visitor", "somebody-else"])
def test_top_artists_outlive_a_further_permission_of_the_same_person_alone(
    accounts: SpotifyAccounts, fake: FakeSpotify, who: str
) -> None:
    before = sign_in(accounts, SAVE, TOP).top_artists()
    assert before
    fake.user.identity = who
    after = sign_in(accounts, PLAY).suggestions
    assert after == (before if who == "fake-visitor" else ())


@pytest.mark.parametrize("what", ["play", "queue", "artists"])
def test_what_was_not_allowed_is_not_asked_of_spotify(
    accounts: SpotifyAccounts, fake: FakeSpotify, what: str
) -> None:
    account = sign_in(accounts, SAVE)
    before = len(fake.asked)
    with pytest.raises(ScopeMissing) as missing:
        DOING[what][1](account)
    assert missing.value.scope == DOING[what][0]
    assert len(fake.asked) == before


@pytest.mark.parametrize("what", DOING)
def test_what_spotify_says_was_not_allowed_names_its_scope(
    accounts: SpotifyAccounts, fake: FakeSpotify, what: str
) -> None:
    account = sign_in(accounts, SAVE, PLAY, TOP)
    fake.user.access = dict.fromkeys(fake.user.access, "")
    with pytest.raises(ScopeMissing) as missing:
        DOING[what][1](account)
    assert missing.value.scope == DOING[what][0]


def test_a_token_that_ends_before_its_time_is_renewed_once(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    account = sign_in(accounts, SAVE, PLAY)
    fake.user.end_access()
    account.play(URI)
    assert fake.user.played == [URI]
    assert fake.user.renewals == 1


def test_an_old_token_is_renewed_by_the_first_of_many(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    fake.user.lifetime_s = 30
    account = sign_in(accounts, SAVE, PLAY)
    fake.user.renewals, fake.user.lifetime_s = 0, 3600
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(account.play, [URI] * 4))
    assert fake.user.played == [URI] * 4
    assert fake.user.renewals == 1


@pytest.mark.parametrize("what", DOING)
def test_after_six_months_the_visitor_is_asked_to_reconnect(
    accounts: SpotifyAccounts, fake: FakeSpotify, what: str
) -> None:
    account = sign_in(accounts, SAVE, PLAY, TOP)
    fake.user.revoked = True
    fake.user.end_access()
    for _ in range(2):
        with pytest.raises(SignInEnded) as ended:
            DOING[what][1](account)
        assert str(ended.value) == said("spotify-reconnect")
    assert account.has_ended
    assert account.scopes == frozenset()
    fake.user.revoked = False
    assert not sign_in(accounts, SAVE).has_ended
    assert fake.user.asked_scopes[-1] == SAVE


def test_a_code_serves_once_and_with_its_own_verifier_only(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    code, state = agree(accounts.begin(ME, SAVE))
    _, other = agree(accounts.begin(ME, SAVE))
    mine, another = accounts.redeem_state(state, ME), accounts.redeem_state(other, ME)
    with pytest.raises(SignInRefused) as refused:
        accounts.connect(another, code)
    assert str(refused.value) == said("spotify-not-accepted")
    with pytest.raises(SignInRefused):
        accounts.connect(mine, code)
    assert accounts.of(ME) is None
    assert not fake.user.canaries


def test_a_visitor_whom_the_app_may_not_serve_is_told_so(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    fake.user.is_registered = False
    with pytest.raises(NotAuthorised) as refused:
        sign_in(accounts, SAVE)
    assert str(refused.value) == said("spotify-not-registered")
    assert accounts.of(ME) is None


def test_a_name_that_cannot_be_had_is_no_obstacle(
    accounts: SpotifyAccounts, fake: FakeSpotify
) -> None:
    fake.plan = FaultPlan(user="500")
    assert sign_in(accounts, SAVE).name == ""
    fake.plan, fake.user.name = FaultPlan(), None
    assert sign_in(accounts, SAVE).name == ""


def test_forgetting_leaves_no_token(accounts: SpotifyAccounts) -> None:
    account = sign_in(accounts, SAVE)
    accounts.forget(ME)
    assert accounts.of(ME) is None
    assert account.has_ended
    with pytest.raises(SignInEnded):
        account.create_playlist("name", [URI])
    accounts.forget("nobody")


def test_accounts_are_bounded_and_the_one_unused_for_longest_goes(
    accounts: SpotifyAccounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MAX_ACCOUNTS == 256
    monkeypatch.setattr(accounts_module, "MAX_ACCOUNTS", 2)
    sign_in(accounts, SAVE, browser="one")
    sign_in(accounts, SAVE, browser="two")
    accounts.of("one")
    sign_in(accounts, SAVE, browser="three")
    assert [bool(accounts.of(who)) for who in ("one", "two", "three")] == [True, False, True]


def test_an_unused_account_is_forgotten(fake: FakeSpotify) -> None:
    now = [1000.0]
    accounts = SpotifyAccounts(settings_from(fake.environ), lambda: now[0])
    sign_in(accounts, SAVE)
    now[0] += KEPT_UNUSED_S - 1
    assert accounts.of(ME)
    now[0] += KEPT_UNUSED_S
    assert accounts.of(ME) is None


def kind_of(fault: str) -> type[SourceError]:
    if fault.startswith("401"):
        return SignInEnded
    if fault.startswith("403"):
        return NotAuthorised
    if fault.startswith("429"):
        return RateLimited
    return QuotaExceeded if fault == "quota" else Unavailable


@pytest.mark.parametrize("fault", [name for name in FAULTS if not name.startswith("token")])
def test_every_fault_is_one_error_within_its_time(
    accounts: SpotifyAccounts, fake: FakeSpotify, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sign_in(accounts, SAVE, PLAY, TOP)
    monkeypatch.setattr(accounts_module, "PLAYLIST_BUDGET_S", SHORT_S)
    fake.plan = FaultPlan(user=fault)
    start = time.monotonic()
    with pytest.raises(SourceError) as failed:
        account.create_playlist("name", [URI])
    assert time.monotonic() - start < SHORT_S + LATE_S
    assert type(failed.value) is kind_of(fault)
    assert str(failed.value).endswith(".")


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_of_a_token_is_one_error_and_leaves_nobody_connected(
    accounts: SpotifyAccounts, fake: FakeSpotify, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommender.spotify.oauth.EXCHANGE_BUDGET_S", SHORT_S)
    fake.plan = FaultPlan(token=fault)
    start = time.monotonic()
    with pytest.raises(SourceError):
        sign_in(accounts, SAVE)
    assert time.monotonic() - start < SHORT_S + LATE_S
    assert accounts.of(ME) is None


def test_no_token_is_ever_logged_or_said(
    accounts: SpotifyAccounts, fake: FakeSpotify, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = sign_in(accounts, SAVE, PLAY)
    account.play(URI)
    fake.user.end_access()
    account.play(URI)
    said = [repr(account), repr(accounts), repr(account._tokens)]
    for fault in ("401", "403 text", "500", "bad JSON", "reset", "over 2 MB"):
        fake.plan = FaultPlan(user=fault)
        with pytest.raises(SourceError) as failed:
            account.create_playlist("name", [URI])
        said.append(str(failed.value))
        fake.plan = FaultPlan()
        account = sign_in(accounts, SAVE)
    assert len(fake.user.canaries) >= 8
    for canary in fake.user.canaries:
        assert canary not in caplog.text
        assert canary not in "".join(said)


def test_no_thread_outlives_a_drip(accounts: SpotifyAccounts, fake: FakeSpotify) -> None:
    account = sign_in(accounts, SAVE, PLAY)
    fake.plan = FaultPlan(user="drip of headers")
    before = {thread for thread in threading.enumerate() if thread.name == "bulkhead"}
    with pytest.raises(Unavailable):
        account._call(PLAY, lambda line: account._send(line, "PUT", "me/player/play"), 0.3)
    for thread in {t for t in threading.enumerate() if t.name == "bulkhead"} - before:
        thread.join(1)
        assert not thread.is_alive()


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        (f"https://open.spotify.com/track/{'a' * 22}", URI),
        ("https://open.spotify.com/track/short", None),
        (f"https://open.spotify.com/album/{'a' * 22}", None),
        (None, None),
    ],
)
def test_only_a_song_with_a_page_on_spotify_has_a_uri(url: str | None, uri: str | None) -> None:
    assert uri_of(Track("title", ("artist",), SourceName.CATALOGUE, "1", url)) == uri


@pytest.mark.parametrize("refresh", [None, "", 7])
def test_a_sign_in_that_could_not_be_renewed_is_none(
    accounts: SpotifyAccounts, fake: FakeSpotify, refresh: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {"access_token": "x", "expires_in": 3600, "refresh_token": refresh}
    monkeypatch.setattr(fake.user, "_tokens", lambda _: answer)
    with pytest.raises(Unavailable):
        sign_in(accounts, SAVE)
    assert accounts.of(ME) is None


def test_another_refusal_of_the_player_is_said_to_be_one() -> None:
    body = b'{"error": {"status": 403, "message": "Restriction violated", "reason": "UNKNOWN"}}'
    refusal = sentences.user_error_from_response(403, {}, body, token=False, scope=PLAY)
    assert type(refusal) is PlayerRefused
    assert str(refusal) == said("spotify-not-now")


def test_whatever_stumbles_over_an_answer_is_one_error_without_its_words(
    fake: FakeSpotify, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def stumble(line: object) -> None:
        raise KeyError(f"canary {line}")

    with pytest.raises(Unavailable) as failed:
        call_within(1.0, settings_from(fake.environ), stumble, sentences.user_error_from_response)
    assert failed.value.__cause__ is None
    assert "canary" not in caplog.text
