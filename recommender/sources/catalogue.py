"""Songs from our own catalogue: the nearest to the target, with some variety."""

from __future__ import annotations

import time
from collections import Counter, deque
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from recommender.errors import Unavailable
from recommender.mood import RADIUS
from recommender.names import fold
from recommender.types import SourceName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from recommender.catalogue import Candidate, Catalogue
    from recommender.types import Query, Track

# An answer is no album: so many songs of one first artist, unless artists were asked for.
SONGS_PER_ARTIST = 2
# So many candidates for each song of an answer at first, and so many times more where few artists
# have made all of them.
ROOM, GROWTH = 8, 4

# Each search folds every artist's name, and the names stay the same.
_KEPT_NAMES = 20_000
_fold = lru_cache(_KEPT_NAMES)(fold)


class CatalogueSource:
    """The catalogue as a source of music."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    @property
    def name(self) -> SourceName:
        """Which source this is."""
        return SourceName.CATALOGUE

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the nearest songs that fit; see `recommender.types.MusicSource`.

        Only songs within `RADIUS` fit, except when artists are asked for: then all of theirs do,
        nearest first. Several languages take turns.
        """
        _check(deadline)
        languages = self._languages(query.languages)
        artists = self._artists(query.artists)
        if artists is not None:
            candidates = self._catalogue.by_artists(
                artists, query.target, languages=languages, no_explicit=query.no_explicit
            )
            queues, per_artist = _queues(candidates, languages), query.count
        else:
            queues, per_artist = self._near(query, languages), SONGS_PER_ARTIST
        _check(deadline)
        page = next(islice(_pages(queues, query.count, per_artist), query.page, None), [])
        tracks = self._catalogue.tracks([candidate.key for candidate in page])
        _check(deadline)
        return tracks

    def _near(self, query: Query, languages: Sequence[str] | None) -> list[deque[Candidate]]:
        """Return the queues of the nearest songs, each long enough for this page and all before.

        The pages before take a song of each artist at most from the queue for each of their
        places; if then artists enough are left to fill this page, what lies further away than the
        queue's end cannot come onto it.
        """
        artists = query.count * query.page + -(-query.count // SONGS_PER_ARTIST)
        limit = query.count * (query.page + 1) * ROOM
        while True:
            candidates = self._catalogue.nearest(
                query.target,
                limit=limit,
                radius=RADIUS,
                languages=languages,
                no_explicit=query.no_explicit,
            )
            queues = _queues(candidates, languages)
            if all(len(q) < limit or len({one.artist for one in q}) >= artists for q in queues):
                return queues
            limit *= GROWTH

    def _languages(self, wishes: Sequence[str]) -> list[str] | None:
        """Return the catalogue's names of the languages asked for, in the order asked."""
        if not wishes:
            return None
        names = {name.casefold(): name for name in self._catalogue.languages()}
        asked = dict.fromkeys(wish.strip().casefold() for wish in wishes)
        return [names[wish] for wish in asked if wish in names]

    def _artists(self, wishes: Sequence[str]) -> list[str] | None:
        """Return the catalogue's names of the artists asked for."""
        if not wishes:
            return None
        names = self._catalogue.artists()
        return [name for wish in wishes for name in _meant(wish, names)]


def _check(deadline: float) -> None:
    # Reading a WAL database waits for nobody, so looking at the clock between steps is enough.
    if time.monotonic() > deadline:
        raise Unavailable("The song catalogue took too long.")


def _queues(candidates: list[Candidate], languages: Sequence[str] | None) -> list[deque[Candidate]]:
    """Return one queue for each language asked for, or one for all."""
    if languages is None:
        return [deque(candidates)]
    return [
        deque(candidate for candidate in candidates if candidate.language == language)
        for language in languages
    ]


def _pages(
    queues: list[deque[Candidate]], count: int, per_artist: int
) -> Iterator[list[Candidate]]:
    """Deal the queues out in turn; who has appeared ``per_artist`` times waits for the next page.

    All pages are dealt from the first on, so that each song is on exactly one of them.
    """
    turns = deque(queue for queue in queues if queue)
    while turns:
        page: list[Candidate] = []
        appeared: Counter[str] = Counter()
        waiting = 0
        while len(page) < count and waiting < len(turns):
            candidate = _next_of(turns[0], appeared, per_artist)
            if candidate is None:
                waiting += 1
            else:
                waiting = 0
                appeared[candidate.artist] += 1
                page.append(candidate)
            turns.rotate(-1)
        turns = deque(queue for queue in turns if queue)
        yield page


def _next_of(queue: deque[Candidate], appeared: Counter[str], per_artist: int) -> Candidate | None:
    for place, candidate in enumerate(queue):
        if appeared[candidate.artist] < per_artist:
            del queue[place]
            return candidate
    return None


def _meant(wish: str, names: Sequence[str]) -> list[str]:
    """Return the names that a listener means who typed a wish.

    The whole name, if someone has it; else everyone in whose name the wish stands as whole words:
    "AR Rahman" and "Rahman" both find "A. R. Rahman", and "Queen" does not find "Queen Latifah"
    where there is a "Queen".
    """
    wanted = fold(wish)
    exact = [name for name in names if _fold(name) == wanted]
    return exact or [name for name in names if _holds(_words(name), wanted)]


def _holds(words: Sequence[str], wanted: str) -> bool:
    """Whether consecutive words, written together, are the wanted text."""
    return any(
        "".join(words[first:last]) == wanted
        for first in range(len(words))
        for last in range(first + 1, len(words) + 1)
    )


@lru_cache(_KEPT_NAMES)
def _words(name: str) -> tuple[str, ...]:
    return tuple(fold(word) for word in name.split())
