"""From a query to the words that Spotify's search is asked with. Pure and deterministic.

Spotify has no filter for mood or language: the mood goes into words that such songs carry in
their titles and genres, the language into a genre or its own name, and into the market.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from itertools import product
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recommender.types import Query

# Spotify's limits: characters of q, results of one request, and how far one can page.
MAX_TEXT = 250
PAGE_SIZE = 10
MAX_OFFSET = 1000
# Without a market an app's token searches as the US; said aloud, it is the same everywhere.
DEFAULT_MARKET = "US"
# One request brings ten songs before doubles and the rest are taken out. More than four would
# spend the time budget and the allowance of a small app.
MIN_REQUESTS, MAX_REQUESTS = 2, 4
_MAX_ARTIST, _MAX_WORD = 100, 40
# A quote inside artist:"…" would end it.
_QUOTES = frozenset('"“”„')

# What songs of a feeling are called, best first.
FEELING_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "angry": ("angry", "rage", "fight"),
        "disgust": ("bitter", "grunge", "spite"),
        "fear": ("haunting", "dark", "fear"),
        "happy": ("happy", "feel good", "sunshine"),
        "sad": ("sad", "heartbreak", "tears"),
        "surprise": ("wonder", "magic", "dream"),
        "neutral": ("chill", "easy", "acoustic"),
        "calm": ("calm", "peaceful", "lullaby"),
        "energised": ("energy", "party", "power"),
        "focused": ("focus", "ambient", "study"),
    }
)

# Language → (market where Spotify is at home with it, genre or word that such songs carry).
# Russia has no Spotify; Kazakhstan has, with the same songs.
LANGUAGES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "English": ("US", 'genre:"pop"'),
        "Spanish": ("ES", 'genre:"latin"'),
        "Portuguese": ("BR", 'genre:"mpb"'),
        "French": ("FR", 'genre:"chanson"'),
        "German": ("DE", "deutsch"),
        "Italian": ("IT", "italiano"),
        "Dutch": ("NL", "nederlands"),
        "Swedish": ("SE", "svensk"),
        "Norwegian": ("NO", "norsk"),
        "Danish": ("DK", "dansk"),
        "Finnish": ("FI", "suomi"),
        "Polish": ("PL", "polski"),
        "Greek": ("GR", 'genre:"laiko"'),
        "Hindi": ("IN", "hindi"),
        "Tamil": ("IN", "tamil"),
        "Telugu": ("IN", "telugu"),
        "Punjabi": ("IN", "punjabi"),
        "Bengali": ("IN", "bengali"),
        "Urdu": ("PK", "urdu"),
        "Korean": ("KR", 'genre:"k-pop"'),
        "Japanese": ("JP", 'genre:"j-pop"'),
        "Chinese": ("TW", 'genre:"mandopop"'),
        "Vietnamese": ("VN", 'genre:"v-pop"'),
        "Thai": ("TH", 'genre:"thai pop"'),
        "Indonesian": ("ID", "indonesia"),
        "Arabic": ("EG", "arabic"),
        "Hebrew": ("IL", "hebrew"),
        "Turkish": ("TR", "türkçe"),
        "Russian": ("KZ", "russian"),
        "Ukrainian": ("UA", "ukrainian"),
        "Instrumental": ("US", "instrumental"),
    }
)
_BY_NAME = {name.casefold(): entry for name, entry in LANGUAGES.items()}


@dataclass(frozen=True, slots=True)
class Search:
    """One request: text of at most MAX_TEXT characters, market, and where to start."""

    text: str
    market: str
    offset: int


def searches(query: Query) -> tuple[Search, ...]:
    """Return the requests that one page of a query takes, best first.

    No two pages share a request. () when nothing can be asked: an artist's name without a
    letter, or a page beyond what Spotify shows.
    """
    kinds = _kinds(query)
    if not kinds:
        return ()
    requests = max(MIN_REQUESTS, min(MAX_REQUESTS, 1 + -(-query.count // PAGE_SIZE)))
    first = query.page * requests
    planned = (
        Search(*kinds[number % len(kinds)], offset=number // len(kinds) * PAGE_SIZE)
        for number in range(first, first + requests)
    )
    return tuple(search for search in planned if search.offset + PAGE_SIZE <= MAX_OFFSET)


def _kinds(query: Query) -> list[tuple[str, str]]:
    """Return the different (text, market) that a query can be asked with."""
    languages = [_language(name) for name in query.languages] or [(DEFAULT_MARKET, "")]
    words: Sequence[str] = FEELING_WORDS.get(query.feeling, (_plain(query.feeling, _MAX_WORD),))
    wishes = [""]
    if query.artists:
        names = [_plain(name, _MAX_ARTIST) for name in query.artists]
        wishes = [f'artist:"{name}"' for name in names if name]
        # An artist may have no title with such a word; then any song of theirs.
        words = (words[0], "")
    texts = (
        (" ".join(part for part in (wish, word, hint) if part)[:MAX_TEXT].strip(), market)
        for word, wish, (market, hint) in product(words, wishes, languages)
    )
    return list(dict.fromkeys((text, market) for text, market in texts if text))


def _language(name: str) -> tuple[str, str]:
    known = _BY_NAME.get(name.strip().casefold())
    return known or (DEFAULT_MARKET, _plain(name, _MAX_WORD).replace(":", " ").strip())


def _plain(text: str, length: int) -> str:
    """Return text of one line without quotes and invisible characters."""
    visible = "".join(map(_visible, unicodedata.normalize("NFC", text)))
    return " ".join(visible.split())[:length].strip()


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or character in _QUOTES:
        return ""
    return " " if category[0] in "CZ" else character
