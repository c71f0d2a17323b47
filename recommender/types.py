"""The values that the recommender passes on, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

MAX_COUNT = 30
DEFAULT_COUNT = 12
MAX_ARTISTS = 10
MAX_ARTIST_LENGTH = 100
MAX_TEXT_LENGTH = 500
DECADES = tuple(range(1950, 2030, 10))

# Where a link of ours may lead, and where a picture may come from.
LINK_HOSTS = frozenset({"open.spotify.com", "www.youtube.com"})
ART_HOSTS = frozenset(
    {"i.scdn.co", "image-cdn-ak.spotifycdn.com", "image-cdn-fa.spotifycdn.com", "mosaic.scdn.co"}
)


class Goal(StrEnum):
    """What the music is for: fit the mood, or lead to another one."""

    MATCH = "match"
    HAPPY = "happy"
    CALM = "calm"
    ENERGISED = "energised"
    FOCUSED = "focused"


class SourceName(StrEnum):
    """Where a track comes from."""

    SPOTIFY = "spotify"
    CATALOGUE = "catalogue"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class Mood:
    """A point in Russell's plane.

    valence : −1 (unpleasant) .. 1 (pleasant)
    energy : 0 (still) .. 1 (intense)
    confidence : 0..1
    """

    valence: float
    energy: float
    confidence: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a point outside the plane (and NaN, which fails every comparison)."""
        if not (-1 <= self.valence <= 1 and 0 <= self.energy <= 1 and 0 <= self.confidence <= 1):
            message = f"outside the plane: {self.valence}, {self.energy}, {self.confidence}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the listener wishes.

    languages : English names of languages as in the catalogue; () means any
    artists : names as typed; () means any
    decades : first years of the decades of release, of DECADES; () means any
    count : how many songs, 1..MAX_COUNT
    """

    languages: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()
    goal: Goal = Goal.MATCH
    count: int = DEFAULT_COUNT
    no_explicit: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range and over-long names."""
        if not 1 <= self.count <= MAX_COUNT:
            message = f"count must be 1 to {MAX_COUNT}, not {self.count}"
            raise ValueError(message)
        if len(self.artists) > MAX_ARTISTS:
            message = f"at most {MAX_ARTISTS} artists"
            raise ValueError(message)
        if any(len(artist) > MAX_ARTIST_LENGTH for artist in self.artists):
            message = f"an artist's name has at most {MAX_ARTIST_LENGTH} characters"
            raise ValueError(message)
        if not set(self.decades) <= set(DECADES):
            message = f"decades must be of {DECADES[0]}, {DECADES[1]} .. {DECADES[-1]}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Query:
    """One question to a source.

    target : the point in the plane that the songs should be near to
    feeling : the word for that point, one of `recommender.mood.FEELINGS`
    languages, artists, decades, no_explicit : the wishes that hold for this question; decades as
        in `Preferences`
    count : how many tracks are wanted, at least 1
    page : 0 for the first answer, 1 for "More", and so on
    start : where a journey to the target begins; None where all songs belong near the target
    without : ids, as the source gives them, of tracks that must not come
    without_artists : whose tracks must not come, as `recommender.names.fold` writes them
    """

    target: Mood
    feeling: str
    languages: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    count: int = DEFAULT_COUNT
    no_explicit: bool = False
    page: int = 0
    decades: tuple[int, ...] = ()
    start: Mood | None = None
    without: frozenset[str] = frozenset()
    without_artists: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Refuse impossible numbers."""
        if self.count < 1 or self.page < 0:
            message = f"count must be ≥ 1 and page ≥ 0, not {self.count} and {self.page}"
            raise ValueError(message)


def _checked_url(url: str, hosts: frozenset[str]) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.netloc not in hosts:
        message = f"not an https address of a known host: {url[:80]!r}"
        raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Track:
    """A song from any source.

    title, artists : as the source writes them, never empty
    source_id : the source's own id of the song
    url : the song's own page (open.spotify.com/track/…), or None when the source has none
    art_url : https address of the cover on a known host, or None
    language : English name, or None when the source does not say
    valence, energy : place in the plane (−1..1, 0..1), or None when the source does not say
    tempo : beats a minute, or None when the source does not say
    """

    title: str
    artists: tuple[str, ...]
    source: SourceName
    source_id: str
    url: str | None = None
    art_url: str | None = None
    album: str | None = None
    year: int | None = None
    genre: str | None = None
    language: str | None = None
    explicit: bool = False
    valence: float | None = None
    energy: float | None = None
    tempo: float | None = None

    def __post_init__(self) -> None:
        """Refuse empty or over-long texts and addresses of unknown hosts."""
        texts = (self.title, *self.artists)
        if not self.artists or not all(text.strip() for text in texts):
            message = "a track needs a title and an artist"
            raise ValueError(message)
        if any(len(text) > MAX_TEXT_LENGTH for text in texts):
            message = f"a title or artist has at most {MAX_TEXT_LENGTH} characters"
            raise ValueError(message)
        if self.url is not None:
            _checked_url(self.url, LINK_HOSTS)
        if self.art_url is not None:
            _checked_url(self.art_url, ART_HOSTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """What decided a song's place. All numbers are those that counted.

    relevance : the weighted sum of what follows, before the likeness
    confidence : of the mood, 0..1, the weight of nearness or order
    nearness : 1 at the target, 0 at `recommender.mood.RADIUS` and beyond; None where the source
        does not say where a song lies, and its own order counts
    order : 1 for the first of the source's .. 0; None where nearness counts
    taste : −1 (disliked) .. 1, drawn from what is believed of the listener's taste
    expected_taste : −1..1, the mean of what is believed
    taste_parts : what of the song the belief is about, "artist" and so on, with its share
    liked : whether the listener liked this very song
    own : whether it is a file of the listener's
    heard : days since it was among the tiles, None for not lately
    likeness : to the songs before it, 0..1
    for_variety : whether it would not be here but for being unlike the others
    step : its place on a journey, 1.., None off a journey
    """

    relevance: float
    confidence: float
    nearness: float | None = None
    order: float | None = None
    taste: float = 0.0
    expected_taste: float = 0.0
    taste_parts: tuple[tuple[str, float], ...] = ()
    liked: bool = False
    own: bool = False
    heard: int | None = None
    likeness: float = 0.0
    for_variety: bool = False
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Tile:
    """A track as shown.

    open_url : where a click on the cover leads
    fallback_url : YouTube's search page for the song
    why : one line that says why the song is here
    reasons : the numbers behind that line
    """

    track: Track
    open_url: str
    fallback_url: str
    why: str
    reasons: Reasons

    def __post_init__(self) -> None:
        """Refuse links to unknown hosts."""
        _checked_url(self.open_url, LINK_HOSTS)
        _checked_url(self.fallback_url, LINK_HOSTS)


class MusicSource(Protocol):
    """Where tracks come from."""

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        ...

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return tracks for the query, best first, at most ``query.count``.

        deadline : value of ``time.monotonic()`` by which the answer is wanted

        MUST raise only SourceError. MUST return [] when nothing matches, and MUST NOT return []
        when the source is down. MUST stop waiting at the deadline (raising Unavailable). MUST obey
        artists, and languages, decades and no_explicit as far as the source can tell. MUST NOT
        return what the query is to be answered without. MAY return fewer. Other pages of the same
        query MUST NOT repeat a track.
        """
        ...
