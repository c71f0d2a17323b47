"""Building of queries from a mood and preferences. Pure and deterministic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from recommender.journey import is_journey
from recommender.mood import feeling_at, target_of
from recommender.types import Goal, Query

if TYPE_CHECKING:
    from collections.abc import Iterable

    from recommender.types import Mood, Preferences


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
        artists=tuple(dict.fromkeys(name.strip() for name in preferences.artists if name.strip())),
        decades=tuple(sorted(set(preferences.decades))),
        count=preferences.count,
        no_explicit=preferences.no_explicit,
        page=page,
        start=mood if leads else None,
        without=frozenset(without),
    )


def relaxations(query: Query) -> list[tuple[Query, str]]:
    """Return the query and its relaxed forms, each with the wishes dropped ("" at first).

    The artists are dropped first, then the decades, then the languages; the exclusion of explicit
    songs never.
    """
    steps = [(query, "")]
    for wished, let_go, words in (
        (query.artists, replace(query, artists=()), "any artist"),
        (query.decades, replace(query, artists=(), decades=()), "any decade"),
        (query.languages, replace(query, artists=(), decades=(), languages=()), "any language"),
    ):
        if wished:
            before = steps[-1][1]
            steps.append((let_go, f"{before}, {words}" if before else words))
    return steps
