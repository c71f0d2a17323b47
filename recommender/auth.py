"""Signing in at Spotify: the PKCE handshake, with states that serve once and one browser only.

PKCE needs no secret: a verifier that never leaves this process proves that the code comes back to
whom it was meant for.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from recommender.errors import SignInRefused, Unavailable
from recommender.sources.spotify_call import call_within, token_url
from recommender.sources.spotify_refusals import NONSENSE
from recommender.sources.spotify_user_refusals import sign_in_refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from recommender.settings import Settings
    from recommender.sources.spotify_line import SpotifyLine

# So long may a visitor think about Spotify's question.
STATE_LIFETIME_S = 600.0
# Who comes with very many browsers drives out others' begun sign-ins, and no more than that.
MAX_STATES = 512
# Of one browser, used ones too: so many tabs nobody leaves for Spotify at once.
MAX_STATES_OF_BROWSER = 8
STATE_BYTES = 32
EXCHANGE_BUDGET_S = 6.0
# A token is renewed so long before its end, so that it does not end on its way.
RENEWED_BEFORE_S = 60.0

MISSING = "Spotify's answer says nothing about a sign-in: please connect again."
UNKNOWN = "Moodring does not know this sign-in: please connect again."
REPLAYED = "This sign-in was used before: please connect again if you are not connected."
FOREIGN = "This sign-in was begun in another browser: please connect in this one."
EXPIRED = "This sign-in took too long: please connect again."


@dataclass(frozen=True, slots=True)
class Tokens:
    """What lets us act for a visitor.

    until : value of the clock at which ``access`` must be renewed
    """

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    scopes: frozenset[str]
    until: float


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in on its way.

    browser : whose it is
    errand : what the visitor was about to do, for the page
    """

    browser: str = field(repr=False)
    scopes: frozenset[str]
    errand: object = field(repr=False)
    verifier: str = field(repr=False)
    challenge: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _State:
    """A state that was issued.

    begun : None once it was used, so that a replay is told from a stranger's invention
    """

    begun: Begun | None
    browser: str
    until: float


class SignIns:
    """All sign-ins on their way, in memory only. Any number of threads may use it at once.

    clock : seconds that only ever grow
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        # The oldest first.
        self._states: dict[str, _State] = {}

    def begin(self, browser: str, scopes: Iterable[str], errand: object = None) -> str:
        """Begin a sign-in and return the address at Spotify that asks the visitor."""
        wanted = frozenset(scopes)
        pkce = self._pkce(wanted)
        state = secrets.token_urlsafe(STATE_BYTES)
        url: str = pkce.get_authorize_url(state)
        begun = Begun(browser, wanted, errand, pkce.code_verifier, pkce.code_challenge)
        now = self._clock()
        with self._lock:
            # Old ones stay for another lifetime, so that who is late learns that.
            self._states = {
                key: one for key, one in self._states.items() if now < one.until + STATE_LIFETIME_S
            }
            theirs = [key for key, one in self._states.items() if one.browser == browser]
            for key in theirs[: max(0, len(theirs) + 1 - MAX_STATES_OF_BROWSER)]:
                del self._states[key]
            while len(self._states) >= MAX_STATES:
                del self._states[next(iter(self._states))]
            self._states[state] = _State(begun, browser, now + STATE_LIFETIME_S)
        return url

    def take_back(self, state: str, browser: str) -> Begun:
        """Return the sign-in that a state belongs to; no state can be taken back twice.

        Raises
        ------
        SignInRefused
            When the state is missing, unknown, used, too old or another browser's.
        """
        if not state:
            raise SignInRefused(MISSING)
        with self._lock:
            known = self._states.get(state)
            if known is not None:
                # In whosever hands it was seen, it is of no more use.
                self._states[state] = _State(None, known.browser, known.until)
        if known is None:
            raise SignInRefused(UNKNOWN)
        if known.begun is None:
            raise SignInRefused(REPLAYED)
        if not (browser and hmac.compare_digest(known.browser.encode(), browser.encode())):
            raise SignInRefused(FOREIGN)
        if self._clock() >= known.until:
            raise SignInRefused(EXPIRED)
        return known.begun

    def tokens_for(self, begun: Begun, code: str) -> Tokens:
        """Return the tokens that Spotify gives for the code of a sign-in.

        Raises
        ------
        SourceError
            When it gives none.
        """
        if not code:
            raise SignInRefused(MISSING)

        def ask(line: SpotifyLine) -> dict[str, Any]:
            pkce = self._pkce(begun.scopes, line)
            pkce.code_verifier, pkce.code_challenge = begun.verifier, begun.challenge
            pkce.get_access_token(code, check_cache=False)
            answer: dict[str, Any] = pkce.cache_handler.get_cached_token()
            return answer

        answer = call_within(EXCHANGE_BUDGET_S, self._settings, ask, sign_in_refusal_of)
        return self._tokens(answer, begun.scopes)

    def renewed(self, tokens: Tokens, line: SpotifyLine) -> Tokens:
        """Return new tokens for old ones; each renewal may end the old ones."""
        pkce = self._pkce(tokens.scopes, line)
        return self._tokens(pkce.refresh_access_token(tokens.refresh), tokens.scopes)

    def forget(self, browser: str) -> None:
        """Forget the sign-ins that a browser began."""
        with self._lock:
            # Used ones stay, so that a replay is told from a stranger's invention.
            self._states = {
                key: one
                for key, one in self._states.items()
                if one.browser != browser or one.begun is None
            }

    def _tokens(self, answer: dict[str, Any], asked: frozenset[str]) -> Tokens:
        refresh, scope = answer.get("refresh_token"), answer.get("scope")
        if not (isinstance(refresh, str) and refresh and isinstance(scope, str | None)):
            raise Unavailable(NONSENSE)
        # Spotify may leave the scopes out where they are those that were asked for.
        scopes = asked if scope is None else frozenset(scope.split())
        until = self._clock() + answer["expires_in"] - RENEWED_BEFORE_S
        return Tokens(answer["access_token"], refresh, scopes, until)

    def _pkce(self, scopes: frozenset[str], line: SpotifyLine | None = None) -> Any:  # noqa: ANN401 - spotipy has no types
        import spotipy

        # At level DEBUG spotipy writes code, verifier and tokens into the log.
        logging.getLogger("spotipy").setLevel(logging.WARNING)
        pkce = spotipy.SpotifyPKCE(
            self._settings.spotify_id,
            self._settings.redirect_uri,
            scope=sorted(scopes),
            open_browser=False,
            requests_session=line or False,
            # Its default is a file that all visitors would share.
            cache_handler=spotipy.MemoryCacheHandler(),
        )
        pkce.OAUTH_AUTHORIZE_URL = f"{self._settings.spotify_accounts}/authorize"
        pkce.OAUTH_TOKEN_URL = token_url(self._settings)
        return pkce
