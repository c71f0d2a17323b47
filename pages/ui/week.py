"""A week of moods in words, and as rows for its charts. Nothing is drawn here.

``now`` has the visitor's time zone everywhere, and days are days there.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from recommender.history import MoodMoment

DAYS = 7
HOURS = 24
# A mean nearer to the middle than this leans to neither side; as a share of half the side.
LEANING = 0.15


def zone_of(name: str | None) -> ZoneInfo:
    """Return the time zone of a name that a browser told, UTC where there is none such."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def first_moment(now: datetime) -> datetime:
    """Return when the week began: at midnight, so that today is its last day."""
    return datetime.combine(now.date() - timedelta(days=DAYS - 1), time(), now.tzinfo)


def last_day(moments: Sequence[MoodMoment], now: datetime) -> list[MoodMoment]:
    """Return the moods of the last 24 hours."""
    # Between two times of one zone, Python counts hours that a change of the clocks left out.
    since = now.astimezone(UTC) - timedelta(hours=HOURS)
    return [moment for moment in moments if moment.at > since]


def days_of(now: datetime) -> list[str]:
    """Return the names of the week's days, today last."""
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, 0, -1)]
    return [*(f"{day:%a}" for day in days), "Today"]


def caption(moments: Sequence[MoodMoment], when: str) -> str:
    """Return the main thing about some moods in one sentence.

    when : as the sentence goes on, "this week"
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
    """Return in one sentence where in the plane some moods lie on the whole; at least one."""
    valence = sum(moment.valence for moment in moments) / len(moments)
    energy = sum(moment.energy for moment in moments) / len(moments) * 2 - 1
    sides = ((valence, "pleasant", "unpleasant"), (energy, "intense", "calm"))
    words = [up if mean > 0 else down for mean, up, down in sides if abs(mean) > LEANING]
    return f"On the whole {' and '.join(words) or 'close to the middle'}."


def rows(moments: Sequence[MoodMoment], now: datetime) -> list[dict[str, Any]]:
    """Return the week's moods as the charts need them.

    Each has: at (ISO 8601, with its zone), day (of `days_of`), hour (0 ≤ hour < 24),
    time (as people write it), feeling, valence, energy.
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
