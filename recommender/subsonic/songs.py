"""Songs as a music server describes them (OpenSubsonic's "Child"), and moods from their tags.

Everything is untrusted: what is no song, or has no title or id, is left out.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING, Any

from recommender.catalogue.starter import FIRST_YEAR, LAST_YEAR, STARTER, read_songs
from recommender.song_words import SONG_WORDS
from recommender.subsonic.client import objects
from recommender.text import genre_words, visible
from recommender.types import MAX_ARTISTS, MAX_TEXT_LENGTH, SourceName, Track
from recommender.wishes.vocabulary import MOODS, fold_text, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_ID = 200
MAX_GENRE = 100
_SUFFIX = re.compile(r"[A-Za-z0-9]{1,6}")
MAX_MOODS = 10
KEY_LENGTH = 32
# Tempi of the stillest and of the most intense music, in beats a minute.
SLOWEST, FASTEST = 50.0, 140.0
HIGHEST_BPM = 400
# Songs of the starter catalogue that a genre needs, and a single word of genres.
GENRE_SONGS, WORD_SONGS = 3, 10
# Half of the plane's sides, less the corners, in which no word's octant lies.
_REACH = 0.6
_PLAYED = frozenset({"mp3", "m4a", "aac", "flac", "ogg", "oga", "opus", "wav"})
# Types of media that are no songs.
_SPOKEN = frozenset({"podcast", "audiobook", "video"})

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ServerSong:
    """A song of a music server.

    Attributes
    ----------
    key : str, Moodring's own id, which tells neither the server nor its id there
    id : str, the server's
    size : int or None, bytes of the file
    suffix : str, the ending of its name without a dot, of letters and digits; "" when unknown
    cover : str or None, the server's id of its picture
    mood : pair of float or None, valence −1..1 and energy 0..1 by the words of its tags
    guess : pair of float or None, by its genre and tempo
    """

    key: str
    id: str
    title: str
    artists: tuple[str, ...]
    album: str | None
    year: int | None
    genre: str | None
    seconds: float | None
    size: int | None
    suffix: str
    cover: str | None
    explicit: bool
    bpm: float | None
    mood: Point | None
    guess: Point | None

    @property
    def plays_in_browsers(self) -> bool:
        """True for a kind of file that all browsers play; others, the server has to convert."""
        return self.suffix.lower() in _PLAYED

    def track_at(self, point: Point) -> Track:
        """Return the song as a track at a point of the plane."""
        return Track(
            title=self.title,
            artists=self.artists,
            source=SourceName.SERVER,
            source_id=self.key,
            album=self.album,
            year=self.year,
            genre=self.genre,
            explicit=self.explicit,
            valence=point[0],
            energy=point[1],
            tempo=self.bpm,
        )


def key_of(server: str, song_id: str) -> str:
    """Return Moodring's id of a song.

    Parameters
    ----------
    server : str, base of its address
    """
    return hashlib.sha256(f"{server}\n{song_id}".encode()).hexdigest()[:KEY_LENGTH]


def song_of(item: Mapping[str, Any], server: str) -> ServerSong | None:
    """Return the song that a server describes; None for anything else."""
    said = item.get("id")
    title = _text(item.get("title"))
    artists = _artists(item)
    is_song = not item.get("isDir") and not item.get("isVideo")
    spoken = {item.get("type"), item.get("mediaType")} & _SPOKEN if _hashable(item) else True
    if not (is_song and isinstance(said, str) and said and len(said) <= MAX_ID) or spoken:
        return None
    if not (title and artists and said.isprintable()):
        return None
    genre, bpm = _text(item.get("genre"), MAX_GENRE), _number(item.get("bpm"), HIGHEST_BPM)
    year, size = _number(item.get("year"), LAST_YEAR), _number(item.get("size"), math.inf)
    suffix = item.get("suffix")
    cover = item.get("coverArt")
    return ServerSong(
        key=key_of(server, said),
        id=said,
        title=title,
        artists=artists,
        album=_text(item.get("album")),
        year=int(year) if year is not None and year >= FIRST_YEAR else None,
        genre=genre,
        seconds=_number(item.get("duration"), math.inf),
        size=None if size is None else int(size),
        suffix=suffix if isinstance(suffix, str) and _SUFFIX.fullmatch(suffix) else "",
        cover=cover if isinstance(cover, str) and 0 < len(cover) <= MAX_ID else None,
        explicit=item.get("explicitStatus") == "explicit",
        bpm=bpm,
        mood=_mean(filter(None, map(point_of_word, _words(item.get("moods"))))),
        guess=_guess(genre, bpm),
    )


def _hashable(item: Mapping[str, Any]) -> bool:
    return all(isinstance(item.get(name, ""), str) for name in ("type", "mediaType"))


def _artists(item: Mapping[str, Any]) -> tuple[str, ...]:
    listed = [_text(one.get("name")) for one in objects(item.get("artists"))]
    names = [name for name in listed if name] or [_text(item.get("artist")) or ""]
    return tuple(dict.fromkeys(filter(None, names)))[:MAX_ARTISTS]


def _text(said: object, length: int = MAX_TEXT_LENGTH) -> str | None:
    return (visible(said, length) or None) if isinstance(said, str) else None


def _number(said: object, most: float) -> float | None:
    """Return a positive, finite number; None for anything else, a truth value included."""
    is_number = type(said) in {int, float}
    try:
        number = float(said) if is_number else 0.0  # type: ignore[arg-type]
    except OverflowError:
        return None
    return number if 0 < number <= most and math.isfinite(number) else None


def _words(listed: object) -> list[str]:
    many = listed if isinstance(listed, list) else [listed]
    return [one[:MAX_GENRE] for one in many if isinstance(one, str)][:MAX_MOODS]


@cache
def point_of_word(word: str) -> Point | None:
    """Return the point of a mood word in English, such as "Happy"; None for an unknown one."""
    plain = word.strip().casefold()
    if plain in SONG_WORDS:
        turn = math.tau * (SONG_WORDS.index(plain) + 0.5) / len(SONG_WORDS)
        return _REACH * math.cos(turn), (1 + _REACH * math.sin(turn)) / 2
    folded = fold_text(word).text
    found = vocabulary("en").longest(folded, 0)
    if found is None or found.end < len(folded.rstrip()):
        return None
    meant = next((one.value for one in found.words if one.kind in {"mood", "goal"}), "")
    return MOODS[meant].point if meant in MOODS else None


def _guess(genre: str | None, bpm: float | None) -> Point | None:
    """Return the point of a genre, with the energy half that of the tempo; None without either."""
    point = None if genre is None else _point_of_genre(genre)
    if bpm is None:
        return point
    pace = min(1.0, max(0.0, (bpm - SLOWEST) / (FASTEST - SLOWEST)))
    # A tempo says nothing about pleasure: the middle is the smallest mistake.
    return (0.0, pace) if point is None else (point[0], (point[1] + pace) / 2)


@cache
def _point_of_genre(genre: str) -> Point | None:
    """Return the mean point of the starter catalogue's songs of a genre, or of its last word."""
    words = genre_words(genre)
    points = _genre_points()
    known = (words, *(f" {word} " for word in reversed(words.split())))
    return next((points[one] for one in known if one in points), None)


@cache
def _genre_points() -> Mapping[str, Point]:
    whole: dict[str, list[Point]] = {}
    single: dict[str, list[Point]] = {}
    for song in read_songs(STARTER.read_bytes()):
        # The table's valence is 0..1.
        point = 2 * song.valence - 1, song.energy
        words = genre_words(song.genre)
        whole.setdefault(words, []).append(point)
        for word in set(words.split()):
            single.setdefault(f" {word} ", []).append(point)
    return {
        words: _mean(points) or points[0]
        for found, least in ((single, WORD_SONGS), (whole, GENRE_SONGS))
        for words, points in found.items()
        if len(points) >= least
    }


def _mean(points: Iterator[Point] | list[Point]) -> Point | None:
    many = list(points)
    if not many:
        return None
    return fmean(valence for valence, _ in many), fmean(energy for _, energy in many)
