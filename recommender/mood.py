"""From facial emotions to the valence/energy plane, the target of the music, and the query.

The table holds the mean valence and arousal, −1..1, that people gave to 500 pictures of faces of
each expression: the validation set of A. Mollahosseini, B. Hasani and M. H. Mahoor, "AffectNet: a
database for facial expression, valence, and arousal computing in the wild", IEEE Transactions on
Affective Computing 10 (2019) 18-31. Energy is arousal scaled to 0..1 by (a + 1) / 2. Neutral is the
middle of the plane by definition (rated −0.02 and −0.02). `models.mood_table` measures it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from detectors.types import EmotionScores
from recommender.text import fold
from recommender.types import Goal, Mood, Preferences, Query

# emotion → (valence −1..1, energy 0..1)
EMOTION_POINTS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "angry": (-0.43, (0.55 + 1) / 2),
        "disgust": (-0.68, (0.45 + 1) / 2),
        "fear": (-0.12, (0.76 + 1) / 2),
        "happy": (0.67, (0.08 + 1) / 2),
        "sad": (-0.63, (-0.27 + 1) / 2),
        "surprise": (0.18, (0.70 + 1) / 2),
        "neutral": (0.0, 0.5),
    }
)
CONTEMPT_POINT = (-0.51, (0.58 + 1) / 2)
# Only the second of the two heads whose mean the scores are knows contempt.
CONTEMPT_SHARE = 0.5

# Targets of "take me to". Happy is where people place the word (Russell & Mehrabian, Journal of
# Research in Personality 11 (1977) 273-294): cheerful music is livelier than a smile. The others
# are our own choice, made by ear: calm lies in the pleasant, still quadrant; energised is pleasant
# and intense; focused is steady, nearly neutral.
GOAL_POINTS: Mapping[Goal, tuple[float, float]] = MappingProxyType(
    {
        Goal.HAPPY: (0.81, (0.51 + 1) / 2),
        Goal.CALM: (0.5, 0.2),
        Goal.ENERGISED: (0.6, 0.9),
        Goal.FOCUSED: (0.1, 0.35),
    }
)

# Maximum `distance` from the target at which a song still fits: a third of the plane's side, so
# that sadness never gets a party song however few sad songs there are.
RADIUS = 0.35

# Maximum `distance` of a person to whom a group's songs still fit. Half of the way from a happy
# face to a sad or a disgusted one is farther.
GROUP_RADIUS = 0.3

# Steps of Bădoiu and Clarkson's walk: after n of them the farthest person is at most 1 / n of the
# way farther than from the best point.
STEPS = 200

# The steps of a shorter journey would be lost in the rounding of valence and energy.
SHORTEST_JOURNEY = 0.15

# Names of points in the plane: the seven emotions, and the goals that are not among them. The goal
# of being cheered up is called happy, too.
FEELINGS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {**{goal.value: point for goal, point in GOAL_POINTS.items()}, **EMOTION_POINTS}
)


def mood_from_emotions(scores: EmotionScores) -> Mood:
    """Return the expected point in the plane under the seven probabilities and that of contempt.

    The confidence is the probability of the leading emotion. Contempt counts by `CONTEMPT_SHARE`.
    """
    contempt = CONTEMPT_SHARE * scores.contempt
    rest = (1 - contempt) / math.fsum(scores.as_tuple())
    weighted = [
        (contempt, *CONTEMPT_POINT),
        *(
            (rest * probability, *EMOTION_POINTS[emotion])
            for emotion, probability in scores.as_dict().items()
        ),
    ]
    return mood_at(
        math.fsum(weight * valence for weight, valence, _ in weighted),
        math.fsum(weight * energy for weight, _, energy in weighted),
        scores.confidence,
    )


def mood_at(valence: float, energy: float, confidence: float = 1.0) -> Mood:
    """Return the mood at a point, clipped to the plane against rounding errors.

    Raises
    ------
    ValueError
        When a number is not finite.
    """
    if not all(math.isfinite(value) for value in (valence, energy, confidence)):
        message = "a mood needs finite numbers"
        raise ValueError(message)
    return Mood(
        min(1.0, max(-1.0, valence)), min(1.0, max(0.0, energy)), min(1.0, max(0.0, confidence))
    )


def mood_of_emotion(emotion: str) -> Mood:
    """Return the mood of one emotion chosen by hand.

    Raises
    ------
    KeyError
        When the emotion is not one of the seven.
    """
    return Mood(*EMOTION_POINTS[emotion])


def distance(first: tuple[float, float], second: tuple[float, float]) -> float:
    """Return the distance of two (valence, energy) points, with valence halved to span 1, too."""
    return math.hypot((first[0] - second[0]) / 2, first[1] - second[1])


def feeling_at(mood: Mood) -> str:
    """Return the key of `FEELINGS` nearest to a mood, by the places of emotions and of goals."""
    point = (mood.valence, mood.energy)
    goals = ((goal.value, place) for goal, place in GOAL_POINTS.items())
    return min((*FEELINGS.items(), *goals), key=lambda one: distance(point, one[1]))[0]


def target_of(mood: Mood, goal: Goal) -> Mood:
    """Return the target of the music: the mood itself for a match, else the goal's point."""
    if goal is Goal.MATCH:
        return mood
    return Mood(*GOAL_POINTS[goal])


def is_journey(start: Mood, target: Mood) -> bool:
    """Return whether the two lie at least `SHORTEST_JOURNEY` apart."""
    ends = (start.valence, start.energy), (target.valence, target.energy)
    return distance(*ends) >= SHORTEST_JOURNEY


def build_query(
    mood: Mood, preferences: Preferences, *, page: int = 0, without: Iterable[str] = ()
) -> Query:
    """Return the query for everything that the listener asks for.

    With a goal that lies far enough from the mood, the first page is a journey; later pages lie at
    its end.

    Parameters
    ----------
    without : ids of the tracks on the pages before
    """
    target = target_of(mood, preferences.goal)
    leads = preferences.goal is not Goal.MATCH and page == 0 and is_journey(mood, target)
    feeling = feeling_at(target) if preferences.goal is Goal.MATCH else preferences.goal.value
    return Query(
        target=target,
        feeling=feeling,
        languages=tuple(dict.fromkeys(name.strip() for name in preferences.languages)),
        artists=_once(preferences.artists),
        decades=tuple(sorted(set(preferences.decades))),
        count=preferences.count,
        no_explicit=preferences.no_explicit,
        page=page,
        start=mood if leads else None,
        without=frozenset(without),
        # A chosen language or artist says more.
        languages_first=()
        if preferences.languages or preferences.artists
        else preferences.languages_first,
        without_artists=frozenset(filter(None, map(fold, preferences.not_artists))),
        genres=_once(preferences.genres),
        not_languages=_once(preferences.not_languages),
        not_decades=tuple(sorted(set(preferences.not_decades))),
        not_genres=_once(preferences.not_genres),
    )


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names if name.strip()))


def relaxations(query: Query) -> list[tuple[Query, tuple[str, ...]]]:
    """Return the query and its relaxed forms, each with the fields of the wishes dropped.

    The artists are dropped first, then the genres, the decades and the languages; what is not
    wanted never comes.
    """
    steps: list[tuple[Query, tuple[str, ...]]] = [(query, ())]
    for wish in ("artists", "genres", "decades", "languages"):
        relaxed, let_go = steps[-1]
        if getattr(query, wish):
            dropped: dict[str, Any] = {wish: ()}
            steps.append((replace(relaxed, **dropped), (*let_go, wish)))
    return steps


@dataclass(frozen=True, slots=True)
class GroupMood:
    """The mood that songs for a group are chosen by.

    Attributes
    ----------
    mood : Mood, with the mean of all confidences
    people : int
    farthest : float, the largest `distance` of a person from it
    """

    mood: Mood
    people: int
    farthest: float

    @property
    def is_near_all(self) -> bool:
        """Whether a song at the mood's point fits everybody, as `GROUP_RADIUS` has it."""
        return self.farthest <= GROUP_RADIUS


def mood_of_group(moods: Sequence[Mood]) -> GroupMood:
    """Return the mood of people together, in any order.

    It is the mean of their points. Where somebody is farther than `GROUP_RADIUS` from it, it walks
    towards whoever is farthest, in steps of 1/2, 1/3, 1/4 … of the way, until nobody is: M. Bădoiu
    and K. L. Clarkson, "Smaller core-sets for balls" (SODA 2003), whose walk ends at the centre of
    the smallest circle around all. Where that is too large, too, it stops there.

    Raises
    ------
    ValueError
        When there is nobody.
    """
    if not moods:
        message = "a group has at least one person"
        raise ValueError(message)
    # Sorted, so that rounding does not hang on the order.
    points = sorted((one.valence, one.energy) for one in moods)
    at = _mean(points)
    best = at, _farthest(at, points)
    for step in range(2, STEPS + 2):
        if best[1] <= GROUP_RADIUS:
            break
        away = max(points, key=lambda one: distance(one, at))
        at = at[0] + (away[0] - at[0]) / step, at[1] + (away[1] - at[1]) / step
        best = min(best, (at, _farthest(at, points)), key=lambda one: one[1])
    (valence, energy), farthest = best
    sure = math.fsum(one.confidence for one in moods) / len(moods)
    return GroupMood(mood_at(valence, energy, sure), len(moods), farthest)


def _mean(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    valences, energies = zip(*points, strict=True)
    return math.fsum(valences) / len(points), math.fsum(energies) / len(points)


def _farthest(at: tuple[float, float], points: Sequence[tuple[float, float]]) -> float:
    return max(distance(at, one) for one in points)
