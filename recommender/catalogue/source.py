"""Music source for the catalogue: the songs nearest to the target, by several artists."""

from __future__ import annotations

import math
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias

from recommender.catalogue.nearest import Filters
from recommender.errors import Unavailable
from recommender.languages import fold_language
from recommender.mood import RADIUS
from recommender.ranking import SONGS_PER_ARTIST
from recommender.text import NameIndex, fold, visible
from recommender.types import SourceName

if TYPE_CHECKING:
    from recommender.catalogue.store import Candidate, Catalogue
    from recommender.types import Query, Track

# Names of a language in the catalogue, for each that is asked for.
_Groups: TypeAlias = "list[list[str]]"
# Growth of the candidate limit while too few distinct artists are found.
GROWTH = 4
# Cache time for the artists' names: reading them takes a second for a million songs, and a journey
# searches once for each step.
NAMES_KEPT_S = 30.0


class CatalogueSource:
    """The catalogue as a music source."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._names = -math.inf, NameIndex(())
        # Read again when a language is not among them; one that has gone has no songs.
        self._languages_known: dict[str, list[str]] = {}

    @property
    def name(self) -> SourceName:
        """The catalogue's source name."""
        return SourceName.CATALOGUE

    def search(self, query: Query, *, deadline: float) -> list[Track]:
        """Return the nearest songs that fit; see `recommender.types.MusicSource`.

        Only songs within `RADIUS` fit, unless artists are requested: then all of their songs do,
        nearest first. Requested languages alternate. The query's page is ignored, because the query
        names the songs shown before.
        """
        _check(deadline)
        groups = self._languages(query.languages)
        filters = self._filters(query)
        artists = self._artists(query.artists)
        if artists is not None:
            candidates = self._catalogue.by_artists(
                artists, query.target, languages=_names(groups), filters=filters
            )
            queues, per_artist = _queues(candidates, groups, query), query.count
        else:
            queues, per_artist = self._near(query, groups, filters), SONGS_PER_ARTIST
        _check(deadline)
        dealt = _round_robin(queues, query.count, per_artist)
        tracks = self._catalogue.tracks([candidate.key for candidate in dealt])
        _check(deadline)
        if not query.without_artists:
            return tracks
        return [
            track for track in tracks if query.without_artists.isdisjoint(map(fold, track.artists))
        ]

    def _filters(self, query: Query) -> Filters:
        return Filters(
            query.decades,
            query.no_explicit,
            query.genres,
            tuple(_names(self._languages(query.not_languages)) or ()),
            query.not_decades,
            query.not_genres,
        )

    def _near(
        self, query: Query, groups: _Groups | None, filters: Filters
    ) -> list[deque[Candidate]]:
        """Return queues of the nearest songs, each with enough artists for a whole result."""
        artists = -(-query.count // SONGS_PER_ARTIST)
        limit = query.count + len(query.without)
        while True:
            candidates = self._catalogue.nearest(
                query.target,
                limit=limit,
                radius=RADIUS,
                languages=_names(groups),
                filters=filters,
            )
            queues = _queues(candidates, groups, query)
            per_language = Counter(candidate.language for candidate in candidates)
            found = (
                [len(candidates)]
                if groups is None
                else [max(per_language[name] for name in names) for names in groups]
            )
            if all(
                count < limit or len({one.artist for one in queue}) >= artists
                for count, queue in zip(found, queues, strict=True)
            ):
                return queues
            limit *= GROWTH

    def _languages(self, wishes: Sequence[str]) -> _Groups | None:
        """Return the catalogue's names of each requested language, in the requested order."""
        if not wishes:
            return None
        asked = dict.fromkeys(fold_language(wish.strip()).casefold() for wish in wishes)
        if not asked.keys() <= self._languages_known.keys():
            known: dict[str, list[str]] = {}
            for name in self._catalogue.languages():
                # The page offers the names in this form.
                known.setdefault(fold_language(visible(name)).casefold(), []).append(name)
            self._languages_known = known
        known = self._languages_known
        return [known[wish] for wish in asked if wish in known]

    def _artists(self, wishes: Sequence[str]) -> list[str] | None:
        """Return the catalogue's names of the requested artists."""
        if not wishes:
            return None
        read_at, names = self._names
        if time.monotonic() - read_at > NAMES_KEPT_S:
            names = NameIndex(self._catalogue.artists())
            self._names = time.monotonic(), names
        return [name for wish in wishes for name in names.match(wish)]


def _check(deadline: float) -> None:
    # Reads of a WAL database never block, so checking the clock between steps is enough.
    if time.monotonic() > deadline:
        raise Unavailable("catalogue-late")


def _names(groups: _Groups | None) -> list[str] | None:
    return None if groups is None else [name for names in groups for name in names]


def _queues(
    candidates: list[Candidate], groups: _Groups | None, query: Query
) -> list[deque[Candidate]]:
    """Return a queue per requested language, or one for all, without excluded songs."""
    left = [
        candidate
        for candidate in candidates
        if candidate.key not in query.without
        and not (query.without_artists and fold(candidate.artist) in query.without_artists)
    ]
    if groups is None:
        return [deque(left)]
    return [
        deque(candidate for candidate in left if candidate.language in names) for names in groups
    ]


def _round_robin(queues: list[deque[Candidate]], count: int, per_artist: int) -> list[Candidate]:
    """Deal songs round-robin from the queues, at most ``per_artist`` of each first artist."""
    turns = deque(queue for queue in queues if queue)
    dealt: list[Candidate] = []
    appeared: Counter[str] = Counter()
    waiting = 0
    while len(dealt) < count and waiting < len(turns):
        candidate = _next_of(turns[0], appeared, per_artist)
        if candidate is None:
            waiting += 1
        else:
            waiting = 0
            appeared[candidate.artist] += 1
            dealt.append(candidate)
        turns.rotate(-1)
    return dealt


def _next_of(queue: deque[Candidate], appeared: Counter[str], per_artist: int) -> Candidate | None:
    while queue:
        candidate = queue.popleft()
        if appeared[candidate.artist] < per_artist:
            return candidate
    return None
