"""The song that was meant among those that Deezer finds, and as much of it as is kept.

A song is another one when it is sung by others, or live, for karaoke, remixed or sped up, unless
the wanted title says so, too. Names are compared as they are written: a name in another script is
another name. In doubt there is no song: a wrong cover is worse than none.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from recommender.text import MAX_ENDINGS, ending_of, fold, plain_title, visible
from recommender.types import DEEZER_ART_HOSTS, MAX_TEXT_LENGTH, Track, deezer_link

# Seconds that two recordings of one song may differ in, and how long a song may be.
TOLERANCE_S = 15
SHORTEST_S, LONGEST_S = 40, 1800
_ANY_CASE = re.IGNORECASE
# Versions that are another recording, by what says so in a title's end. Those of the first are all
# alike; the second kind is told by the word alone, the third by the whole end ("Ann's Remix").
_LIVE = r"live|en vivo|ao vivo|en directo|en concert|in concert|concert|unplugged"
_NAMED = (
    r"karaoke|instrumental|backing track|playback|acoustic|stripped|piano|orchestral|a cappella"
    r"|acapella|lullaby|demo|rehearsal|commentary"
)
_OTHERS = (
    r"tribute|covers?|originally performed|made famous|in the style of|remix(?:ed)?|rmx|mix|mashup"
    r"|bootleg|rework|dub|club|extended|edit|flip|sped[ -]?up|speed[ -]?up|slowed|nightcore|daycore"
    r"|reverb|8d|fast|slow|lo-?fi|8-bit|sessions?|take|alternate|reprise|interlude|version"
)
_VERSION = re.compile(
    rf"\b(?:(?P<live>{_LIVE})|(?P<named>{_NAMED})|(?P<other>{_OTHERS}))\b", _ANY_CASE
)
# Albums that are of other recordings as a whole; many others have "live" in their names.
_OTHER_ALBUM = re.compile(
    r"\bkaraoke\b|\btribute to\b|\bmade famous\b|\bsped up\b|\bnightcore\b|\bunplugged\b"
    r"|\blive (?:at|in|from|on)\b|[(\[]live[)\]]|[-–:] live$|\blullaby (?:renditions|versions)\b",
    _ANY_CASE,
)
# Between the names of several artists.
_JOINED = re.compile(r" ?(?:,|;|/|&|\+|\bfeat\.?|\bft\.?|\bfeaturing\b|\bx\b|\bvs\.?) ", _ANY_CASE)
_THE = re.compile(r"^the\s+", _ANY_CASE)
# A cover without its hash, as songs without one have it, leads to no picture.
_COVER = re.compile(r"https://([a-z-]+\.dzcdn\.net)/images/cover/[0-9a-f]{32}/[0-9a-z-]{1,40}\.jpg")
_PREVIEW = re.compile(r"https://[a-z0-9-]{1,40}\.dzcdn\.net/[!-~]{1,2000}")


@dataclass(frozen=True, slots=True)
class Match:
    """A song at Deezer, as it is kept: without the preview, whose address ends within minutes.

    Attributes
    ----------
    number : int, Deezer's id
    link : str, its page at Deezer
    cover_url : str or None, address of its cover
    has_preview : bool, whether a preview can be asked for
    """

    number: int
    link: str
    cover_url: str | None
    has_preview: bool

    @classmethod
    def of(cls, number: object, cover: object, *, preview: bool) -> Self | None:
        """Return the match of an id and a cover's address from outside; None for no id."""
        link = deezer_link(number)
        if link is None or not isinstance(number, int):
            return None
        return cls(number, link, cover_of(cover), has_preview=preview)


def cover_of(address: object) -> str | None:
    """Return an address that leads to a cover of Deezer's; None for any other."""
    found = _COVER.fullmatch(address) if isinstance(address, str) else None
    return found[0] if found is not None and found[1] in DEEZER_ART_HOSTS else None


def preview_of(item: object) -> str | None:
    """Return the address of a song's preview; None where there is none."""
    address = item.get("preview") if isinstance(item, dict) else None
    found = _PREVIEW.fullmatch(address) if isinstance(address, str) else None
    return found and found[0]


def best_match(items: Iterable[object], track: Track, seconds: float | None = None) -> Match | None:
    """Return the song that was meant among Deezer's; None when none of them is.

    Parameters
    ----------
    items : iterable of JSON values, as Deezer orders them
    seconds : float or None, length of the song, where it is known
    """
    fitting = [item for item in items if isinstance(item, dict) and _is_song(item, track, seconds)]
    # The first of the best: Deezer's own order decides the rest.
    best = max(fitting, key=lambda item: _worth(item, track, seconds), default=None)
    if best is None:
        return None
    album = best.get("album")
    covers = album if isinstance(album, dict) else {}
    cover = cover_of(covers.get("cover_big")) or covers.get("cover_medium")
    return Match.of(best["id"], cover, preview=preview_of(best) is not None)


def search_words(track: Track) -> str:
    """Return the words to search for: free ones, since fields find nothing at Deezer any more."""
    return f"{_THE.sub('', track.artists[0])} {plain_title(track.title)}"


def _worth(item: Mapping[str, Any], track: Track, seconds: float | None) -> tuple[float, ...]:
    album = item.get("album")
    named = album.get("title") if isinstance(album, dict) else None
    same = isinstance(named, str) and track.album is not None and fold(named) == fold(track.album)
    apart = 0.0 if seconds is None else abs(item["duration"] - seconds)
    return (
        preview_of(item) is not None,
        bool(item.get("explicit_lyrics")) == track.explicit,
        same,
        -apart,
    )


def _is_song(item: Mapping[str, Any], track: Track, seconds: float | None) -> bool:
    title, version = item.get("title"), item.get("title_version")
    artist, album = item.get("artist"), item.get("album")
    name = artist.get("name") if isinstance(artist, dict) else None
    if (
        not (isinstance(title, str) and isinstance(name, str))
        or deezer_link(item.get("id")) is None
    ):
        return False
    if isinstance(version, str) and version.strip() and version not in title:
        # Titles of some songs lack what makes them another version.
        title = f"{title} ({version.strip(' ()[]')})"
    wanted, versions = parted(track.title)
    found, its_versions = parted(title)
    if fold(found) != fold(wanted) or its_versions != versions:
        return False
    if not _first_names(name) & set().union(*map(_first_names, track.artists)):
        return False
    on = album.get("title") if isinstance(album, dict) else None
    is_other = isinstance(on, str) and _OTHER_ALBUM.search(on[:MAX_TEXT_LENGTH]) is not None
    if is_other and not versions and fold(str(on)) != fold(track.album or ""):
        return False
    return _is_as_long(item.get("duration"), seconds)


def _is_as_long(duration: object, seconds: float | None) -> bool:
    if type(duration) is not int or not SHORTEST_S <= duration <= LONGEST_S:
        return False
    return seconds is None or abs(duration - seconds) <= TOLERANCE_S


def parted(title: str) -> tuple[str, frozenset[str]]:
    """Return a title without its endings that tell a version, and what they tell.

    "Halo (Live at Wembley) [2011 Remaster]" is "Halo" and {"live"}; "Halo (Sun)" stays whole.
    """
    title = visible(title, MAX_TEXT_LENGTH)
    versions: set[str] = set()
    for _ in range(MAX_ENDINGS):
        title = plain_title(title)
        plain, ending = ending_of(title)
        version = _version(ending)
        if not plain or version is None:
            break
        versions.add(version)
        title = plain
    return title, frozenset(versions)


def _version(ending: str) -> str | None:
    kinds = {found.lastgroup: found[0] for found in _VERSION.finditer(ending)}
    if not kinds:
        return None
    return "live" if "live" in kinds else fold(kinds.get("named", ending))


def _first_names(artists: str) -> set[str]:
    """Return a name for comparison: as a whole, and the first of several."""
    artists = visible(artists, MAX_TEXT_LENGTH)
    return {fold(_THE.sub("", name)) for name in (artists, _JOINED.split(artists)[0])} - {""}
