"""Spotify sign-in (OAuth with PKCE), with states that are valid once and in one browser only.

PKCE needs no client secret: the code verifier, which never leaves this process, proves that the
code is redeemed by the program that requested it.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recommender.errors import SignInRefused
from recommender.spotify.client import call_within, token_url
from recommender.spotify.errors import SPOTIFY, sign_in_error_from_response

if TYPE_CHECKING:
    from recommender.settings import Settings
    from recommender.spotify.session import DeadlineSession

# Lifetime of a pending sign-in.
STATE_LIFETIME_S = 600.0
# A flood of sign-ins from many browsers can only evict other pending ones.
MAX_STATES = 512
# Upper bound for one browser, redeemed states included; more open tabs are implausible.
MAX_STATES_OF_BROWSER = 8
STATE_BYTES = 32
EXCHANGE_BUDGET_S = 6.0
# A token is renewed this long before it expires, so that it does not expire in transit.
RENEWED_BEFORE_S = 60.0


@dataclass(frozen=True, slots=True)
class Tokens:
    """A visitor's OAuth tokens.

    Attributes
    ----------
    until : float, value of the clock at which ``access`` must be renewed
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    scopes: frozenset[str]
    until: float


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A pending sign-in.

    Attributes
    ----------
    browser : str, identifies the browser that began it
    action : object, the action to resume afterwards; opaque here
    """

    browser: str = field(repr=False)
    scopes: frozenset[str]
    action: object = field(repr=False)
    verifier: str = field(repr=False)
    challenge: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _IssuedState:
    """A state that was issued.

    Attributes
    ----------
    pending : PendingSignIn, or None once redeemed, so that a replay differs from an unknown state
    """

    pending: PendingSignIn | None
    browser: str
    until: float


class SignIns:
    """All pending sign-ins, in memory only. Thread-safe.

    Parameters
    ----------
    clock : callable, monotonic time in seconds
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        # Oldest first.
        self._states: dict[str, _IssuedState] = {}

    def begin(self, browser: str, scopes: Iterable[str], action: object = None) -> str:
        """Begin a sign-in and return the authorisation URL."""
        wanted = frozenset(scopes)
        pkce = self._pkce(wanted)
        state = secrets.token_urlsafe(STATE_BYTES)
        url: str = pkce.get_authorize_url(state)
        pending = PendingSignIn(browser, wanted, action, pkce.code_verifier, pkce.code_challenge)
        now = self._clock()
        with self._lock:
            # Keep expired states for one more lifetime to be able to say "took too long".
            self._states = {
                key: one for key, one in self._states.items() if now < one.until + STATE_LIFETIME_S
            }
            of_browser = [key for key, one in self._states.items() if one.browser == browser]
            for key in of_browser[: max(0, len(of_browser) + 1 - MAX_STATES_OF_BROWSER)]:
                del self._states[key]
            while len(self._states) >= MAX_STATES:
                del self._states[next(iter(self._states))]
            self._states[state] = _IssuedState(pending, browser, now + STATE_LIFETIME_S)
        return url

    def redeem_state(self, state: str, browser: str) -> PendingSignIn:
        """Return the sign-in that a state belongs to; each state can be redeemed once.

        Raises
        ------
        SignInRefused
            When the state is missing, unknown, used, expired or another browser's.
        """
        if not state:
            raise SignInRefused("sign-in-missing")
        with self._lock:
            known = self._states.get(state)
            if known is not None:
                # Redeemed even if a check below fails: a state that others have seen is worthless.
                self._states[state] = _IssuedState(None, known.browser, known.until)
        if known is None:
            raise SignInRefused("sign-in-unknown")
        if known.pending is None:
            raise SignInRefused("sign-in-replayed")
        if not (browser and hmac.compare_digest(known.browser.encode(), browser.encode())):
            raise SignInRefused("sign-in-foreign")
        if self._clock() >= known.until:
            raise SignInRefused("sign-in-expired")
        return known.pending

    def tokens_for(self, pending: PendingSignIn, code: str) -> Tokens:
        """Exchange the authorisation code of a sign-in for tokens.

        Raises
        ------
        SourceError
            When Spotify refuses.
        """
        if not code:
            raise SignInRefused("sign-in-missing")

        def ask(session: DeadlineSession) -> dict[str, Any]:
            pkce = self._pkce(pending.scopes, session)
            pkce.code_verifier, pkce.code_challenge = pending.verifier, pending.challenge
            pkce.get_access_token(code, check_cache=False)
            answer: dict[str, Any] = pkce.cache_handler.get_cached_token()
            return answer

        answer = call_within(EXCHANGE_BUDGET_S, self._settings, ask, sign_in_error_from_response)
        return self._tokens(answer, pending.scopes)

    def renewed(self, tokens: Tokens, session: DeadlineSession) -> Tokens:
        """Return renewed tokens; a renewal may invalidate the old ones."""
        pkce = self._pkce(tokens.scopes, session)
        return self._tokens(pkce.refresh_access_token(tokens.refresh), tokens.scopes)

    def forget(self, browser: str) -> None:
        """Delete the pending sign-ins of a browser."""
        with self._lock:
            # Redeemed states stay, so that a replay differs from an unknown state.
            self._states = {
                key: one
                for key, one in self._states.items()
                if one.browser != browser or one.pending is None
            }

    def _tokens(self, answer: dict[str, Any], asked: frozenset[str]) -> Tokens:
        refresh, scope = answer.get("refresh_token"), answer.get("scope")
        if not (isinstance(refresh, str) and refresh and isinstance(scope, str | None)):
            raise SPOTIFY.failure("nonsense")
        # RFC 6749, section 5.1: the scope may be omitted when it is the requested one.
        scopes = asked if scope is None else frozenset(scope.split())
        until = self._clock() + answer["expires_in"] - RENEWED_BEFORE_S
        return Tokens(answer["access_token"], refresh, scopes, until)

    def _pkce(self, scopes: frozenset[str], session: DeadlineSession | None = None) -> Any:  # noqa: ANN401 - spotipy has no types
        import spotipy

        # At level DEBUG spotipy logs the code, the verifier and the tokens.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        pkce = spotipy.SpotifyPKCE(
            self._settings.spotify_id,
            self._settings.redirect_uri,
            scope=sorted(scopes),
            open_browser=False,
            requests_session=session or False,
            # spotipy's default is a file, which all visitors would share.
            cache_handler=spotipy.MemoryCacheHandler(),
        )
        pkce.OAUTH_AUTHORIZE_URL = f"{self._settings.spotify_accounts}/authorize"
        pkce.OAUTH_TOKEN_URL = token_url(self._settings)
        return pkce
