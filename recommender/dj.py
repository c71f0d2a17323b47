"""*DJ mode*: a steady new mood chooses the song that comes next; the song playing is heard out.

`cost` has the formula by which it is chosen; `change_word` names why.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from detectors.types import Message
from recommender.languages import fold_language
from recommender.mood import SHORTEST_JOURNEY, distance
from recommender.text import fold
from recommender.types import Mood, Track
from recommender.wording import WITHOUT_WORDS

# A live mood has settled when it has stayed in one place for so long.
STEADY_S = 5.0
# Smaller changes are noise of a face that stays the same, and no journey either.
NEW_FROM = SHORTEST_JOURNEY
NEIGHBOUR_WEIGHT = 0.5
TEMPO_WEIGHT = 0.05
LANGUAGE_COST = 0.05
# Out of scale, as on a journey: only where there is no other song.
SAME_ARTIST = 100.0
# A song of the queue was asked for; another must lie 0.1 of the plane's side nearer.
ASIDE_COST = 0.01
# Words for the direction of a change, each 45°, counted from the right against the clock and
# centred on its direction: brighter is the pure gain of valence, livelier that of energy.
CHANGES = (
    *("brighter", "livelier", "livelier", "tenser"),
    *("sadder", "wearier", "calmer", "calmer"),
)


@dataclass(frozen=True, slots=True)
class Next:
    """The song that comes next.

    Attributes
    ----------
    track : Track
    reason : Message, "next, because you look calmer" and its like
    """

    track: Track
    reason: Message


class Settling:
    """Tells when a mood that is read again and again has settled."""

    def __init__(self) -> None:
        self._place: Mood | None = None
        self._since = 0.0

    def add(self, mood: Mood | None, now: float) -> bool:
        """Take the mood read now, None for none; return whether it has settled.

        Parameters
        ----------
        now : float, in seconds
        """
        if mood is None:
            return False
        if self._place is None or is_new(mood, self._place):
            self._place, self._since = mood, now
        return now - self._since >= STEADY_S


def is_new(mood: Mood, before: Mood) -> bool:
    """Return whether a steady mood differs enough from the last one to change what comes next."""
    return distance(_point(mood), _point(before)) >= NEW_FROM


def choose_next(
    mood: Mood,
    before: Mood,
    playing: Track | None,
    rest: Sequence[Track],
    candidates: Sequence[Track],
    *,
    played: Collection[str] = (),
) -> Next | None:
    """Return the song that comes after the one playing, and why.

    None when the mood is not new, or no song that may come has a place in the plane: the queue then
    goes on as it is.

    Parameters
    ----------
    mood, before : Mood, the new steady mood, and the one that the queue was chosen for
    playing : Track or None, the song that is heard out; None before the first
    rest : sequence of Track, the queue after it
    candidates : sequence of Track, further songs near the mood, in any order
    played : collection of str, ids of songs that were heard and do not come again
    """
    if not is_new(mood, before):
        return None
    queued = {one.source_id for one in rest}
    barred = {*played, *([playing.source_id] if playing else [])}
    placed = {
        one.source_id: one
        for one in (*candidates, *rest)
        if one.source_id not in barred and _place_of(one) is not None
    }
    if not placed:
        return None
    best = min(
        placed.values(),
        key=lambda one: (
            cost(one, mood, playing, in_queue=one.source_id in queued),
            one.source_id,
        ),
    )
    return Next(best, Message(f"dj-next-{change_word(before, mood)}"))


def queue_after(chosen: Next, rest: Sequence[Track]) -> list[Track]:
    """Return the queue after the song playing: the chosen one first, the others in their order."""
    others = (one for one in rest if one.source_id != chosen.track.source_id)
    return [chosen.track, *others]


def cost(song: Track, mood: Mood, playing: Track | None, *, in_queue: bool) -> float:
    """Return the cost of a song that has a place in the plane; the smallest comes next.

    It is ::

        d(song, mood)² + NEIGHBOUR_WEIGHT · d(song, playing)² + TEMPO_WEIGHT · o(song, playing)²
            + LANGUAGE_COST · l(song, playing) + SAME_ARTIST · a(song, playing)
            + ASIDE_COST · c(song)

    with d the `recommender.mood.distance`, o the change of log2 tempo up to whole octaves, l 1 for
    another language and 1/2 where one of the two is unknown, a 1 for the same artist, and c 1 for a
    song that does not stand in the queue yet. Squares make two small steps cheaper than a large
    one, as on a journey (`recommender.journey`): with d² + w · d'² the best place lies on the line
    from the song playing to the mood, 1 / (1 + w) of the way along. The weights are our own choice,
    in units of a squared distance of 1: another language is worth 0.22 of the plane's side, and is
    heard when nothing of the same language lies near the mood.

    Parameters
    ----------
    in_queue : bool, whether it stands in the queue already
    """
    place = _place_of(song) or _point(mood)
    parts = [distance(place, _point(mood)) ** 2, 0.0 if in_queue else ASIDE_COST]
    if playing is not None:
        parts += _neighbourly(song, place, playing)
    return math.fsum(parts)


def _neighbourly(song: Track, place: tuple[float, float], playing: Track) -> Iterator[float]:
    """Yield the costs of a song as the neighbour of the one playing."""
    beside = _place_of(playing)
    if beside is not None:
        yield NEIGHBOUR_WEIGHT * distance(place, beside) ** 2
    if song.tempo and playing.tempo:
        # Half and double tempo are the same beat, counted otherwise.
        part = abs(math.log2(song.tempo / playing.tempo)) % 1
        yield TEMPO_WEIGHT * min(part, 1 - part) ** 2
    yield LANGUAGE_COST * _language_change(song.language, playing.language)
    if fold(song.artists[0]) == fold(playing.artists[0]):
        yield SAME_ARTIST


def _language_change(first: str | None, second: str | None) -> float:
    if first is None or second is None:
        return 0.5
    names = {fold_language(first).casefold(), fold_language(second).casefold()}
    # Music without words changes no language.
    return 0.0 if len(names) == 1 or WITHOUT_WORDS.casefold() in names else 1.0


def change_word(before: Mood, now: Mood) -> str:
    """Return the word of `CHANGES` for the direction of a change of mood.

    Directions are told as `recommender.song_words` tells places, by octants.
    """
    turn = math.atan2(now.energy - before.energy, (now.valence - before.valence) / 2) / math.tau
    return CHANGES[round(turn * len(CHANGES)) % len(CHANGES)]


def _place_of(song: Track) -> tuple[float, float] | None:
    if song.valence is None or song.energy is None:
        return None
    return song.valence, song.energy


def _point(mood: Mood) -> tuple[float, float]:
    return mood.valence, mood.energy
