"""A week of moods as sentences, and as rows for its charts. Nothing is drawn here.

``now`` is in the visitor's time zone everywhere, and days are days of that zone.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.listeners.history import MoodMoment

DAYS = 7
HOURS = 24
# A mean closer to the middle than this leans to neither side; as a share of half the plane's side.
LEANING = 0.15


def zone_of(name: str | None) -> ZoneInfo:
    """Return the time zone that a browser names; UTC for an unknown name."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def first_moment(now: datetime) -> datetime:
    """Return the start of the week, at midnight, so that today is its last day."""
    return datetime.combine(now.date() - timedelta(days=DAYS - 1), time(), now.tzinfo)


def last_day(moments: Sequence[MoodMoment], now: datetime) -> list[MoodMoment]:
    """Return the moods of the last 24 hours."""
    # In UTC: within a time zone, Python's arithmetic ignores changes of the clocks.
    since = now.astimezone(UTC) - timedelta(hours=HOURS)
    return [moment for moment in moments if moment.at > since]


def days_of(now: datetime) -> list[str]:
    """Return the names of the week's days, today last."""
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, 0, -1)]
    return [*(f"{day:%a}" for day in days), "Today"]


def caption(moments: Sequence[MoodMoment], when: str) -> str:
    """Return the most frequent feeling of some moods, as a sentence.

    Parameters
    ----------
    when : str, continuation of the sentence, "this week"
    """
    count = len(moments)
    if not count:
        return f"No moods {when}."
    if count == 1:
        return f"One mood {when}: {moments[0].feeling}."
    ranks = Counter(moment.feeling for moment in moments).most_common()
    first, times = ranks[0]
    if times == count:
        return f"Always {first} {when}: {count} moods."
    match [feeling for feeling, rank in ranks if rank == times]:
        case [_]:
            how = "Mostly" if times * 2 > count else "Most often"
            return f"{how} {first} {when}: {times} of {count} moods."
        case [_, second]:
            return f"As often {first} as {second} {when}: {times} of {count} moods each."
        case _:
            return f"A bit of everything {when}: {count} moods."


def leaning(moments: Sequence[MoodMoment]) -> str:
    """Return the side of the plane that the mean of some moods (at least one) lies on, in words."""
    valence = sum(moment.valence for moment in moments) / len(moments)
    energy = sum(moment.energy for moment in moments) / len(moments) * 2 - 1
    sides = ((valence, "pleasant", "unpleasant"), (energy, "intense", "calm"))
    words = [up if mean > 0 else down for mean, up, down in sides if abs(mean) > LEANING]
    return f"On the whole {' and '.join(words) or 'close to the middle'}."


def rows(moments: Sequence[MoodMoment], now: datetime) -> list[dict[str, Any]]:
    """Return the week's moods as rows for the charts.

    Each has: at (ISO 8601, with its zone), day (of `days_of`), hour (0 ≤ hour < 24),
    time ("HH:MM"), feeling, valence, energy.
    """
    names = days_of(now)
    made = []
    for moment in moments:
        local = moment.at.astimezone(now.tzinfo)
        age = (now.date() - local.date()).days
        if 0 <= age < DAYS:
            made.append(
                {
                    "at": moment.at.isoformat(),
                    "day": names[DAYS - 1 - age],
                    "hour": local.hour + local.minute / 60,
                    "time": f"{local:%H:%M}",
                    "feeling": moment.feeling,
                    "valence": moment.valence,
                    "energy": moment.energy,
                }
            )
    return made
