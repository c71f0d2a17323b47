"""Accounts of visitors at Spotify: a playlist, playing, favourite artists; by their browsers.

They are kept in memory only, never on a disk.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from recommender import errors
from recommender.spotify.client import call_within
from recommender.spotify.errors import SPOTIFY, user_error_from_response
from recommender.spotify.oauth import SignIns
from recommender.spotify.translate import names_of
from recommender.text import json_object, visible
from recommender.types import spotify_link, spotify_track_id

if TYPE_CHECKING:
    from detectors.types import Message
    from recommender.settings import Settings
    from recommender.spotify.oauth import PendingSignIn, Tokens
    from recommender.spotify.session import DeadlineSession
    from recommender.types import Track


# The first sign-in requests this scope only; the others are requested when first needed.
SAVE = "playlist-modify-private"
PLAY = "user-modify-playback-state"
TOP = "user-top-read"

CALL_BUDGET_S = 5.0
# A playlist takes several requests.
PLAYLIST_BUDGET_S = 12.0
# Spotify's limits: tracks per request, and characters of a playlist's name.
ITEMS_A_REQUEST = 100
MAX_NAME_LENGTH = 100
# Number of suggestions that fit into the sidebar.
TOP_ARTISTS = 12

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SavedPlaylist:
    """A playlist that was created.

    Attributes
    ----------
    url : str, its page
    added : int, number of songs in it
    problem : Message, why songs are missing; None when none are
    """

    url: str
    added: int
    problem: Message | None = None


def uri_of(track: Track) -> str | None:
    """Return a track's Spotify URI; None when the track has no page at Spotify."""
    track_id = spotify_track_id(track.url)
    return track_id and f"spotify:track:{track_id}"


class SpotifyAccount:
    """A visitor's Spotify account and its tokens. Thread-safe.

    Every method that sends a request raises `recommender.errors.SourceError`, in particular
    `ScopeMissing` when the visitor has to grant a scope first, and `SignInEnded`, after which the
    account cannot be used any more.

    Attributes
    ----------
    name : str, the display name at Spotify; "" until it is known
    suggestions : tuple of str, the visitor's top artists; () until they were requested
    """

    def __init__(self, settings: Settings, sign_ins: SignIns, tokens: Tokens) -> None:
        self._settings = settings
        self._sign_ins = sign_ins
        self._tokens: Tokens | None = tokens
        self._lock = threading.Lock()
        self.name = ""
        self._who: object = None
        self.suggestions: tuple[str, ...] = ()

    @property
    def scopes(self) -> frozenset[str]:
        """The granted scopes; none once the sign-in has ended."""
        tokens = self._tokens
        return frozenset() if tokens is None else tokens.scopes

    @property
    def has_ended(self) -> bool:
        """Return whether the visitor must sign in again."""
        return self._tokens is None

    def forget(self) -> None:
        """Delete the tokens and everything that was read with them."""
        self._tokens = None
        self.suggestions = ()

    def learn_name(self) -> None:
        """Request the visitor's display name, which needs no scope."""
        profile = self._ask("", "GET", "me")
        self._who = profile.get("id")
        self.name = visible(profile.get("display_name"), MAX_NAME_LENGTH)

    def follow(self, before: SpotifyAccount) -> None:
        """Adopt the suggestions of the previous sign-in if the same person signed in."""
        if self._who is not None and self._who == before._who:
            self.suggestions = before.suggestions

    def create_playlist(self, name: str, uris: Sequence[str]) -> SavedPlaylist:
        """Create a private playlist of these songs, without duplicates."""
        songs = list(dict.fromkeys(uris))
        words = {"name": visible(name, MAX_NAME_LENGTH), "public": False}

        def ask(session: DeadlineSession) -> SavedPlaylist:
            playlist = self._send(session, "POST", "me/playlists", json=words).get("id")
            # Built from the id: an address in the response could lead anywhere.
            url = spotify_link("playlist", playlist)
            if url is None:
                raise SPOTIFY.failure("nonsense")
            for start in range(0, len(songs), ITEMS_A_REQUEST):
                some = {"uris": songs[start : start + ITEMS_A_REQUEST]}
                try:
                    self._send(session, "POST", f"playlists/{playlist}/items", json=some)
                except errors.SourceError as error:
                    # The playlist exists by now; a retry would create a second one.
                    return SavedPlaylist(url, start, error.message)
            return SavedPlaylist(url, len(songs))

        return self._call(SAVE, ask, PLAYLIST_BUDGET_S)

    def play(self, uri: str) -> None:
        """Play a song on the visitor's device."""
        self._ask(PLAY, "PUT", "me/player/play", json={"uris": [uri]})

    def queue(self, uri: str) -> None:
        """Add a song to the queue of the visitor's device."""
        self._ask(PLAY, "POST", "me/player/queue", params={"uri": uri})

    def top_artists(self) -> tuple[str, ...]:
        """Return the visitor's top artists of the last months, and keep them as suggestions."""
        answer = self._ask(TOP, "GET", "me/top/artists", params={"limit": TOP_ARTISTS})
        self.suggestions = names_of(answer.get("items"))
        return self.suggestions

    def _ask(self, scope: str, method: str, path: str, **what: Any) -> dict[str, Any]:  # noqa: ANN401 - as requests takes it
        return self._call(scope, lambda session: self._send(session, method, path, **what))

    def _call(
        self, scope: str, ask: Callable[[DeadlineSession], T], budget_s: float = CALL_BUDGET_S
    ) -> T:
        if self.has_ended:
            raise errors.SignInEnded("spotify-reconnect")
        if scope and scope not in self.scopes:
            raise errors.ScopeMissing(scope)
        try:
            return call_within(
                budget_s, self._settings, ask, partial(user_error_from_response, scope=scope)
            )
        except errors.SignInEnded:
            self.forget()
            raise

    def _send(
        self,
        session: DeadlineSession,
        method: str,
        path: str,
        **what: Any,  # noqa: ANN401 - as requests takes it
    ) -> dict[str, Any]:
        """Send a request and return the response's JSON object; {} when it holds none."""
        url = f"{self._settings.spotify_api}/v1/{path}"

        def sent(token: str) -> dict[str, Any]:
            header = {"Authorization": f"Bearer {token}"}
            answer = session.request(method, url, headers=header, **what)
            return json_object(answer.content)

        token = self._fresh(session)
        try:
            return sent(token)
        except errors.SignInEnded:
            # A token can be revoked before it expires; only the response to a renewal is final.
            return sent(self._fresh(session, refused=token))

    def _fresh(self, session: DeadlineSession, refused: str = "") -> str:
        # Under a lock: each renewal invalidates the previous refresh token.
        with self._lock:
            tokens = self._tokens
            if tokens is None:
                raise errors.SignInEnded("spotify-reconnect")
            if tokens.access == refused or time.monotonic() >= tokens.until:
                tokens = self._tokens = self._sign_ins.renewed(tokens, session)
            return tokens.access


# Upper bound on accounts kept in memory.
MAX_ACCOUNTS = 256
# Lifetime of an unused account; its visitor then signs in again.
KEPT_UNUSED_S = 24 * 3600.0


class SpotifyAccounts:
    """The accounts of all signed-in visitors. Thread-safe.

    A browser is identified by a word that no other browser can know.

    Parameters
    ----------
    clock : callable, monotonic time in seconds
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings = settings
        self._clock = clock
        self._sign_ins = SignIns(settings, clock)
        self._lock = threading.Lock()
        # With the time of last use; least recently used first.
        self._accounts: dict[str, tuple[SpotifyAccount, float]] = {}

    def of(self, browser: str) -> SpotifyAccount | None:
        """Return the account of a browser's visitor; None when nobody has signed in there."""
        now = self._clock()
        with self._lock:
            account, used = self._accounts.pop(browser, (None, 0.0))
            if account is None or now >= used + KEPT_UNUSED_S:
                return None
            self._accounts[browser] = (account, now)
            return account

    def begin(self, browser: str, scope: str, action: object = None) -> str:
        """Begin a sign-in that requests one more scope, and return the authorisation URL."""
        account = self.of(browser)
        granted = frozenset[str]() if account is None else account.scopes
        return self._sign_ins.begin(browser, granted | {scope}, action)

    def redeem_state(self, state: str, browser: str) -> PendingSignIn:
        """Return a pending sign-in; see `recommender.spotify.oauth.SignIns.redeem_state`."""
        return self._sign_ins.redeem_state(state, browser)

    def connect(self, pending: PendingSignIn, code: str) -> SpotifyAccount:
        """Complete a sign-in, and keep and return its account.

        Raises
        ------
        SourceError
            When Spotify refuses the sign-in.
        """
        account = SpotifyAccount(
            self._settings, self._sign_ins, self._sign_ins.tokens_for(pending, code)
        )
        # The name is optional. A refusal is not suppressed: it would recur at every request.
        with suppress(errors.Unavailable, errors.RateLimited, errors.QuotaExceeded):
            account.learn_name()
        now = self._clock()
        with self._lock:
            before, _ = self._accounts.pop(pending.browser, (None, 0.0))
            if before is not None:
                account.follow(before)
            kept = [
                (who, one) for who, one in self._accounts.items() if now < one[1] + KEPT_UNUSED_S
            ]
            self._accounts = dict(kept[-(MAX_ACCOUNTS - 1) :])
            self._accounts[pending.browser] = (account, now)
        return account

    def forget(self, browser: str) -> None:
        """Delete everything about a browser's visitor."""
        self._sign_ins.forget(browser)
        with self._lock:
            account, _ = self._accounts.pop(browser, (None, 0.0))
        if account is not None:
            account.forget()
