"""Value types of the recommender, validated when they are created, and the links they hold."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, Protocol
from urllib.parse import quote, quote_plus, urlsplit

from detectors.types import Message

MAX_COUNT = 30
DEFAULT_COUNT = 12
MAX_ARTISTS = MAX_GENRES = 10
MAX_ARTIST_LENGTH = 100
MAX_TEXT_LENGTH = 500
DECADES = tuple(range(1950, 2030, 10))

# Hosts that links may lead to, and hosts that images may come from.
LINK_HOSTS = frozenset({"open.spotify.com", "www.youtube.com", "music.apple.com", "www.deezer.com"})
DEEZER_ART_HOSTS = frozenset(
    f"{name}-images.dzcdn.net" for name in ("cdn", "cdns", "e-cdn", "e-cdns")
)
ART_HOSTS = DEEZER_ART_HOSTS | {
    *("i.scdn.co", "image-cdn-ak.spotifycdn.com", "image-cdn-fa.spotifycdn.com", "mosaic.scdn.co")
}


# Ids are in base 62 at Spotify, in base 64 at YouTube; any other word could lead elsewhere.
_SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")
_SPOTIFY_TRACK = re.compile(rf"https://open\.spotify\.com/track/({_SPOTIFY_ID.pattern})")
_YOUTUBE_ID = re.compile(r"[0-9A-Za-z_-]{11}")
_YOUTUBE_VIDEO = re.compile(rf"https://www\.youtube\.com/watch\?v=({_YOUTUBE_ID.pattern})")
# Deezer counts its songs; there are less than 10^10 today.
MAX_DEEZER_ID = 10**15


def spotify_id(word: object) -> str | None:
    """Return a word that is an id at Spotify; None for anything else."""
    return word if isinstance(word, str) and _SPOTIFY_ID.fullmatch(word) else None


def spotify_link(kind: Literal["track", "playlist", "embed/track"], word: object) -> str | None:
    """Return the address of a track, a playlist or a player by its id; None for no id."""
    return spotify_id(word) and f"https://open.spotify.com/{kind}/{word}"


def spotify_track_id(link: str | None) -> str | None:
    """Return the id in the address of a track at Spotify; None for any other address."""
    found = _SPOTIFY_TRACK.fullmatch(link or "")
    return found and found[1]


def spotify_search(words: str) -> str:
    """Return the address of Spotify's search page for some words."""
    return f"https://open.spotify.com/search/{quote(words, safe='', errors='replace')}"


def youtube_link(word: object) -> str | None:
    """Return the address at which a video is watched by its id; None for no id."""
    found = isinstance(word, str) and _YOUTUBE_ID.fullmatch(word)
    return f"https://www.youtube.com/watch?v={word}" if found else None


def youtube_embed(link: str | None) -> str | None:
    """Return the address of a video's player without cookies, by the address it is watched at."""
    found = _YOUTUBE_VIDEO.fullmatch(link or "")
    return found and f"https://www.youtube-nocookie.com/embed/{found[1]}"


def youtube_search(words: str) -> str:
    """Return the address of YouTube's search page for some words."""
    return f"https://www.youtube.com/results?search_query={quote_plus(words, errors='replace')}"


def deezer_link(number: object) -> str | None:
    """Return the address of a song at Deezer by its id, a whole number; None for no id."""
    known = type(number) is int and 0 < number <= MAX_DEEZER_ID
    return f"https://www.deezer.com/track/{number}" if known else None


class Place(StrEnum):
    """Places elsewhere at which a song can be looked for; the values stand in addresses."""

    YOUTUBE = "youtube"
    SPOTIFY = "spotify"
    APPLE = "apple"
    DEEZER = "deezer"

    @property
    def brand(self) -> str:
        """The place's own name, the same in all languages."""
        return _BRANDS[self]

    def search(self, words: str) -> str:
        """Return the address of the place's search page for some words."""
        if self is Place.YOUTUBE:
            return youtube_search(words)
        if self is Place.SPOTIFY:
            return spotify_search(words)
        if self is Place.APPLE:
            return f"https://music.apple.com/search?term={quote_plus(words, errors='replace')}"
        return f"https://www.deezer.com/search/{quote(words, safe='', errors='replace')}"


_BRANDS = {
    Place.YOUTUBE: "YouTube",
    Place.SPOTIFY: "Spotify",
    Place.APPLE: "Apple Music",
    Place.DEEZER: "Deezer",
}


class Goal(StrEnum):
    """Purpose of the music: match the mood, or lead to another one."""

    MATCH = "match"
    HAPPY = "happy"
    CALM = "calm"
    ENERGISED = "energised"
    FOCUSED = "focused"


class SourceName(StrEnum):
    """Names of the music sources."""

    SPOTIFY = "spotify"
    CATALOGUE = "catalogue"
    LIBRARY = "library"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Mood:
    """A point in Russell's plane.

    Attributes
    ----------
    valence : float, −1 (unpleasant)..1 (pleasant)
    energy : float, 0 (still)..1 (intense)
    confidence : float, 0..1
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
    """Wishes of a listener.

    Attributes
    ----------
    languages : English names as in the catalogue; () means any
    languages_first : English names of languages whose songs come first while none is asked for
    artists : names as typed; () means any
    decades : first years of decades of release, of DECADES; () means any
    count : int, number of songs, 1..MAX_COUNT
    genres : words that a song's genre contains; () means any
    not_languages, not_artists, not_decades, not_genres : none of these, whatever else is let go
    """

    languages: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    decades: tuple[int, ...] = ()
    goal: Goal = Goal.MATCH
    count: int = DEFAULT_COUNT
    no_explicit: bool = False
    languages_first: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    not_artists: tuple[str, ...] = ()
    not_decades: tuple[int, ...] = ()
    not_genres: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse numbers out of range and over-long names."""
        if not 1 <= self.count <= MAX_COUNT:
            message = f"count must be 1 to {MAX_COUNT}, not {self.count}"
            raise ValueError(message)
        if max(len(self.artists), len(self.not_artists)) > MAX_ARTISTS:
            message = f"at most {MAX_ARTISTS} artists"
            raise ValueError(message)
        if any(len(artist) > MAX_ARTIST_LENGTH for artist in (*self.artists, *self.not_artists)):
            message = f"an artist's name has at most {MAX_ARTIST_LENGTH} characters"
            raise ValueError(message)
        genres = (*self.genres, *self.not_genres)
        if len(genres) > MAX_GENRES or any(len(genre) > MAX_ARTIST_LENGTH for genre in genres):
            message = f"at most {MAX_GENRES} genres of {MAX_ARTIST_LENGTH} characters"
            raise ValueError(message)
        if not {*self.decades, *self.not_decades} <= set(DECADES):
            message = f"decades must be of {DECADES[0]}, {DECADES[1]} .. {DECADES[-1]}"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Query:
    """A query to a source.

    Attributes
    ----------
    target : Mood, the point in the plane that songs should be near
    feeling : str, name of that point, one of `recommender.mood.FEELINGS`
    languages, artists, decades, genres, no_explicit, languages_first : the wishes still in force,
        as in `Preferences`
    not_languages, not_decades, not_genres : as in `Preferences`
    count : int, number of tracks, at least 1
    page : int, 0 for the first result, 1 for "More", and so on
    start : Mood, beginning of a journey to the target; None for songs near the target
    without : ids, in the source's format, of tracks to exclude
    without_artists : artists to exclude, names as `recommender.text.fold` returns them
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
    languages_first: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    not_languages: tuple[str, ...] = ()
    not_decades: tuple[int, ...] = ()
    not_genres: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a count below 1 and a negative page."""
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

    Attributes
    ----------
    title, artists : str and tuple of str, as the source spells them, never empty
    source_id : str, the source's own id of the song
    url : str, the song's page (open.spotify.com/track/…), None when the source has none
    art_url : str, https address of the cover on a known host, or None
    language : str, English name, None when the source does not say
    valence, energy : float, −1..1 and 0..1, None when the source does not say
    tempo : float, beats a minute, None when the source does not say
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
        """Refuse empty or over-long texts and URLs with unknown hosts."""
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
    """The factors of a song's rank, as they were weighed.

    Attributes
    ----------
    relevance : float, weighted sum of the factors, before likeness
    confidence : float, the mood's, 0..1, the weight of nearness or order
    nearness : float, 1 at the target, 0 at `recommender.mood.RADIUS` and beyond; None when the song
        has no valence and energy, and the source's own order counts
    order : float, 1 for the source's first song, down to 0; None when nearness counts
    taste : float, −1 (disliked)..1, sampled from the posterior
    expected_taste : float, −1..1, the posterior mean
    taste_parts : pairs of a feature's kind ("artist", …) and its share of the mean
    liked : bool, whether the listener liked this very song
    own : bool, whether it is the listener's own file
    shown_days_ago : int, days since it was last shown, None if not lately
    likeness : float, similarity to the songs before it, 0..1
    for_variety : bool, whether it is here only because it differs from the others
    step : int, position on a journey from 1, None off a journey
    let_go : fields of the wishes that were dropped for this song
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
    shown_days_ago: int | None = None
    likeness: float = 0.0
    for_variety: bool = False
    step: int | None = None
    let_go: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tile:
    """A track as shown.

    Attributes
    ----------
    open_url : str, Spotify's page of the song, or its search page
    fallback_url : str, YouTube's search page for the song
    why : tuple of Message, a few words each that explain the song's rank
    reasons : Reasons, the numbers behind these words
    """

    track: Track
    open_url: str
    fallback_url: str
    why: tuple[Message, ...]
    reasons: Reasons

    def __post_init__(self) -> None:
        """Refuse links to unknown hosts."""
        _checked_url(self.open_url, LINK_HOSTS)
        _checked_url(self.fallback_url, LINK_HOSTS)


class MusicSource(Protocol):
    """A source of tracks."""

    @property
    def name(self) -> SourceName:
        """The source's name."""
        ...

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return tracks for the query, best first, at most ``query.count``.

        MUST raise only SourceError. MUST return [] when nothing matches, and MUST NOT return []
        when the source is down. MUST stop waiting at the deadline (raising Unavailable). MUST obey
        artists, and languages, decades, genres, their negations and no_explicit as far as the
        source can tell. MUST NOT
        return tracks that the query excludes. MAY return fewer. Other pages of the same query MUST
        NOT repeat a track.

        Parameters
        ----------
        deadline : float, value of ``time.monotonic()`` by which the result is wanted
        """
        ...
