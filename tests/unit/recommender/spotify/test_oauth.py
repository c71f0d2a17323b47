"""The handshake without a network: whose state is taken back, and whose is not."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SignInRefused
from recommender.settings import settings_from
from recommender.spotify.oauth import (
    MAX_STATES,
    MAX_STATES_OF_BROWSER,
    STATE_LIFETIME_S,
    SignIns,
    Tokens,
)
from tests.said import said

SETTINGS = settings_from({"SPOTIPY_CLIENT_ID": "some-id"})
ME, YOU = "browser-me", "browser-you"


class Clock:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sign_ins(clock: Clock) -> SignIns:
    return SignIns(SETTINGS, clock)


def asked(url: str) -> dict[str, str]:
    return {key: value for key, (value,) in parse_qs(urlsplit(url).query).items()}


def begin(sign_ins: SignIns, browser: str = ME) -> str:
    return asked(sign_ins.begin(browser, ["a-scope"]))["state"]


def test_the_address_asks_for_a_code_with_a_challenge_and_for_the_scopes_alone(
    sign_ins: SignIns,
) -> None:
    url = sign_ins.begin(ME, {"b-scope", "a-scope"})
    assert url.startswith("https://accounts.spotify.com/authorize?")
    words = asked(url)
    assert len(words.pop("state")) >= 40
    assert len(words.pop("code_challenge")) == 43
    assert words == {
        "client_id": "some-id",
        "response_type": "code",
        "redirect_uri": "http://127.0.0.1:8501/",
        "code_challenge_method": "S256",
        "scope": "a-scope b-scope",
    }


def test_every_sign_in_has_its_own_state_and_challenge(sign_ins: SignIns) -> None:
    all_words = [asked(sign_ins.begin(ME, ["a-scope"])) for _ in range(20)]
    assert len({words["state"] for words in all_words}) == 20
    assert len({words["code_challenge"] for words in all_words}) == 20


def test_the_browser_that_began_takes_its_errand_back(sign_ins: SignIns) -> None:
    state = asked(sign_ins.begin(ME, ["a-scope"], ["errand"]))["state"]
    begin(sign_ins, YOU)
    begun = sign_ins.redeem_state(state, ME)
    assert (begun.browser, begun.scopes, begun.action) == (ME, {"a-scope"}, ["errand"])


SOME = SignIns(SETTINGS)
ISSUED = {begin(SOME) for _ in range(5)}


@given(st.text() | st.sampled_from(sorted(ISSUED)).map(lambda one: one[:-1]))
def test_any_state_that_was_not_issued_is_refused(state: str) -> None:
    with pytest.raises(SignInRefused, match=r"\.$"):
        SOME.redeem_state(state, ME)


def test_a_replayed_state_is_refused(sign_ins: SignIns) -> None:
    state = begin(sign_ins)
    sign_ins.redeem_state(state, ME)
    for browser in (ME, YOU):
        with pytest.raises(SignInRefused) as refused:
            sign_ins.redeem_state(state, browser)
        assert str(refused.value) == said("sign-in-replayed")


@pytest.mark.parametrize("other", [YOU, "", "browser-mé"])
def test_another_browsers_state_is_refused_and_of_no_more_use(
    sign_ins: SignIns, other: str
) -> None:
    state = begin(sign_ins)
    with pytest.raises(SignInRefused) as refused:
        sign_ins.redeem_state(state, other)
    assert str(refused.value) == said("sign-in-foreign")
    with pytest.raises(SignInRefused):
        sign_ins.redeem_state(state, ME)


def test_a_browser_without_cookies_is_nobody(sign_ins: SignIns) -> None:
    state = begin(sign_ins, "")
    with pytest.raises(SignInRefused):
        sign_ins.redeem_state(state, "")


def test_a_state_lives_for_its_lifetime_and_no_longer(sign_ins: SignIns, clock: Clock) -> None:
    early, late = begin(sign_ins), begin(sign_ins)
    clock.now += STATE_LIFETIME_S - 0.1
    assert sign_ins.redeem_state(early, ME)
    clock.now += 0.1
    with pytest.raises(SignInRefused) as refused:
        sign_ins.redeem_state(late, ME)
    assert str(refused.value) == said("sign-in-expired")


def test_who_is_late_learns_that_even_when_others_began_since(
    sign_ins: SignIns, clock: Clock
) -> None:
    state = begin(sign_ins)
    clock.now += STATE_LIFETIME_S + 1
    begin(sign_ins, YOU)
    with pytest.raises(SignInRefused) as refused:
        sign_ins.redeem_state(state, ME)
    assert str(refused.value) == said("sign-in-expired")


@pytest.mark.parametrize(
    ("state", "sentence"), [("", said("sign-in-missing")), ("made-up", said("sign-in-unknown"))]
)
def test_a_missing_and_an_unknown_state_are_refused(
    sign_ins: SignIns, state: str, sentence: str
) -> None:
    begin(sign_ins)
    with pytest.raises(SignInRefused) as refused:
        sign_ins.redeem_state(state, ME)
    assert str(refused.value) == sentence


def test_a_missing_code_is_refused_without_asking_anybody(sign_ins: SignIns) -> None:
    begun = sign_ins.redeem_state(begin(sign_ins), ME)
    with pytest.raises(SignInRefused):
        sign_ins.tokens_for(begun, "")


def test_states_are_bounded_and_the_oldest_goes_first(sign_ins: SignIns) -> None:
    browsers = [f"browser {number}" for number in range(MAX_STATES + 1)]
    states = [begin(sign_ins, browser) for browser in browsers]
    assert len(sign_ins._states) == MAX_STATES
    with pytest.raises(SignInRefused):
        sign_ins.redeem_state(states[0], browsers[0])
    assert sign_ins.redeem_state(states[1], browsers[1])
    assert sign_ins.redeem_state(states[-1], browsers[-1])


@pytest.mark.parametrize("browser", [ME, ""])
@pytest.mark.parametrize("used", [False, True])
def test_one_browser_drives_out_its_own_sign_ins_alone(
    sign_ins: SignIns, browser: str, used: bool
) -> None:
    yours, states = begin(sign_ins, YOU), []
    for _ in range(MAX_STATES + 8):
        states.append(begin(sign_ins, browser))
        if used:
            with suppress(SignInRefused):
                sign_ins.redeem_state(states[-1], browser)
    assert len(sign_ins._states) == 1 + MAX_STATES_OF_BROWSER
    assert sign_ins.redeem_state(yours, YOU)
    if browser and not used:
        with pytest.raises(SignInRefused, match="does not know"):
            sign_ins.redeem_state(states[-1 - MAX_STATES_OF_BROWSER], ME)
        assert sign_ins.redeem_state(states[-MAX_STATES_OF_BROWSER], ME)
        assert sign_ins.redeem_state(states[-1], ME)


def test_states_do_not_pile_up(sign_ins: SignIns, clock: Clock) -> None:
    begin(sign_ins)
    clock.now += 2 * STATE_LIFETIME_S + 1
    begin(sign_ins)
    assert len(sign_ins._states) == 1


def test_forgetting_a_browser_forgets_its_sign_ins_alone(sign_ins: SignIns) -> None:
    mine, yours = begin(sign_ins, ME), begin(sign_ins, YOU)
    sign_ins.forget(ME)
    with pytest.raises(SignInRefused):
        sign_ins.redeem_state(mine, ME)
    assert sign_ins.redeem_state(yours, YOU)


def test_nothing_secret_is_in_what_a_traceback_would_show(sign_ins: SignIns) -> None:
    begun = sign_ins.redeem_state(begin(sign_ins), ME)
    assert begun.verifier not in repr(begun)
    assert ME not in repr(begun)
    assert "canary" not in repr(Tokens("canary-1", "canary-2", frozenset(), 0.0))
