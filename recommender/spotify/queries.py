"""Translation of a query into Spotify search requests. Pure and deterministic.

Spotify has no filter for mood or language: the mood becomes words that such songs have in their
titles, in the language; the language becomes genres and a market. The results are filtered
afterwards (`recommender.spotify.selection`).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TypeVar

from recommender.languages import ENGLISH, LANGUAGES, Language, language_named
from recommender.text import MAX_COMPARED, visible
from recommender.types import Query

A = TypeVar("A")
B = TypeVar("B")

# Spotify's limits: characters of q, results per request, and the last result that can be paged to.
MAX_TEXT = 250
PAGE_SIZE = 10
MAX_OFFSET = 1000
# An app's token without a market searches the US; stated, so that it is the same everywhere.
DEFAULT_MARKET = "US"
# One request returns ten songs before filtering. More than five would exhaust a small app's quota.
MIN_REQUESTS, MAX_REQUESTS = 2, 5
_MAX_ARTIST, _MAX_WORD = 100, 40
# A quote would end artist:"…"; a colon, which `_word` removes, would make a word a field name.
_QUOTES = frozenset('"“”„')
# Words for a query without a language, or with one that is not in the table.
_ANY = LANGUAGES[ENGLISH]


@dataclass(frozen=True, slots=True)
class Search:
    """One search request.

    Attributes
    ----------
    text : str, at most MAX_TEXT characters
    languages : tuple of str, the requested languages that it serves; () for any
    """

    text: str
    market: str
    offset: int = 0
    languages: tuple[str, ...] = ()


def plan_requests(query: Query) -> tuple[Search, ...]:
    """Return the requests that one page of a query takes, best first.

    No two pages share a request. () when nothing can be asked: an artist's name without a letter,
    or a page beyond MAX_OFFSET.
    """
    kinds = _kinds(query)
    if not kinds:
        return ()
    requests = _requests(query)
    first = query.page * requests
    planned = (
        replace(kinds[number % len(kinds)], offset=number // len(kinds) * PAGE_SIZE)
        for number in range(first, first + requests)
    )
    return tuple(search for search in planned if search.offset + PAGE_SIZE <= MAX_OFFSET)


def playlist_search(query: Query) -> Search | None:
    """Return the request for playlists of a query's feeling, in its first language.

    None when nothing can be asked: a feeling without a letter.
    """
    wish = query.languages[0] if query.languages else None
    language = _ANY if wish is None else language_named(wish)
    if language is None or language.said_as:
        # Such playlists have English names.
        name = _word(wish or "") if language is None else language.said_as
        text = f"{_words(_ANY, query.feeling)[0]} {name}".strip()
    else:
        text = _words(language, query.feeling)[0]
    return Search(text, _market(language), languages=query.languages[:1]) if text else None


def year_ranges(decades: Sequence[int]) -> list[str]:
    """Return Spotify's filters for ascending decades, adjacent ones merged; [""] for none."""
    ranges: list[tuple[int, int]] = []
    for first in decades:
        if ranges and ranges[-1][1] + 1 == first:
            ranges[-1] = ranges[-1][0], first + 9
        else:
            ranges.append((first, first + 9))
    return [f"year:{first}-{last}" for first, last in ranges] or [""]


def _requests(query: Query) -> int:
    """Return the number of requests for a page: one more when results will be filtered."""
    wanted = -(-query.count // PAGE_SIZE) + 1
    filtered = query.not_languages or query.not_decades or query.no_explicit
    if query.languages or query.decades or filtered:
        wanted += 1
    return max(MIN_REQUESTS, min(MAX_REQUESTS, max(wanted, len(query.languages))))


def _kinds(query: Query) -> list[Search]:
    """Return the distinct first-page requests for a query, best first."""
    artists = [name for name in (_plain(wish, _MAX_ARTIST) for wish in query.artists) if name]
    if query.artists and not artists:
        return []
    pairs = _mixed(artists or [""], _languages(query))
    phrases = {wish: _phrases(wish, query) for _, wish in pairs}
    years = year_ranges(query.decades)
    wishes: dict[tuple[str, str], dict[str, None]] = {}
    for turn, place in product(range(len(years)), range(max(map(len, phrases.values())))):
        for pair, (artist, wish) in enumerate(pairs):
            if place >= len(phrases[wish]):
                continue
            named = f'artist:"{artist}"' if artist else ""
            words = (named, phrases[wish][place], years[(turn + place + pair) % len(years)])
            text = " ".join(part for part in words if part)
            if text:
                kind = text, _market(_ANY if wish is None else language_named(wish))
                wishes.setdefault(kind, {}).update({} if wish is None else {wish: None})
    return [Search(*kind, languages=tuple(wished)) for kind, wished in wishes.items()]


def _languages(query: Query) -> list[str | None]:
    """Return the languages to search in; None for any, in whose words English songs are found."""
    if query.languages:
        return list(query.languages)
    return [*(name for name in query.languages_first if name != ENGLISH), None]


def _phrases(wish: str | None, query: Query) -> list[str]:
    """Return the distinct phrases for a feeling in a language, best first."""
    language = _ANY if wish is None else language_named(wish)
    words = _words(language or _ANY, query.feeling)
    name = _word(wish or "") if language is None else language.said_as
    if query.artists:
        # An artist may have no title with such a word; the fallback is any song of theirs, whose
        # album may name the language.
        return list(dict.fromkeys((words[0], name, "")))
    asked = [genre for genre in (_plain(one, _MAX_WORD) for one in query.genres) if genre]
    if wish is None and not asked:
        return list(words)
    genres = [
        f'genre:"{genre}"' for genre in asked or (() if language is None else language.genres)
    ]
    if asked:
        # Spotify's tracks tell no genre: only requests that name it can be trusted.
        return [" ".join(filter(None, pair)) for pair in _mixed((*words, name), genres)]
    # Some artists have no genre, so every second request goes without.
    hints = [*genres[:1], name, *genres[1:]]
    return [" ".join(part for part in pair if part) for pair in _mixed(words, hints)]


def _words(language: Language, feeling: str) -> Sequence[str]:
    return language.words.get(feeling) or (_word(feeling),)


def _market(language: Language | None) -> str:
    return DEFAULT_MARKET if language is None else language.market


def _mixed(first: Sequence[A], second: Sequence[B]) -> list[tuple[A, B]]:
    """Return all pairs, ordered so that neighbours differ in both and all of both come early."""
    if len(first) < len(second):
        return [(a, b) for b, a in _mixed(second, first)]
    return [
        (one, second[(place + turn) % len(second)])
        for turn in range(len(second))
        for place, one in enumerate(first)
    ]


def _word(text: str) -> str:
    return _plain(text, _MAX_WORD).replace(":", " ").strip()


def _plain(text: str, length: int) -> str:
    """Return a text in one line without quotes; invisible characters do not part words."""
    composed = unicodedata.normalize("NFC", text[:MAX_COMPARED])
    words = (one for one in composed if unicodedata.category(one) != "Cf" and one not in _QUOTES)
    return visible("".join(words), length)
