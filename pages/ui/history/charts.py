"""A week of moods as sentences and as charts: the last day, hour by hour, and in the plane.

``now`` is in the visitor's time zone everywhere, and days are days of that zone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import plane
from pages.ui.plain import plain
from pages.ui.theme import EMOTION_COLOURS, GREY
from recommender.listeners.history import MoodMoment

if TYPE_CHECKING:
    import altair as alt

DAYS = 7
HOURS = 24
# A mean closer to the middle than this leans to neither side; as a share of half the plane's side.
LEANING = 0.15
# Goals appear beside emotions: their colours differ in lightness as well as in hue.
FEELING_COLOURS: Mapping[str, str] = MappingProxyType(
    EMOTION_COLOURS | {"calm": "#35b3a5", "energised": "#ef5fa7", "focused": "#b08a5e"}
)
_QUIET: dict[str, Any] = {"ticks": False, "domain": False, "title": None}
# The camera gives a mood a minute: a chart with more moods than this has small dots.
MANY = 80
_DOT, _SMALL_DOT = 150, 36
_DAY_HEIGHT, _WEEK_HEIGHT = 220, 300
_SIDES = f"datum.value > 0 ? '{plane.RIGHT}' : datum.value < 0 ? '{plane.LEFT}' : ''"
_LEVELS = f"datum.value > 0.5 ? '{plane.TOP}' : datum.value < 0.5 ? '{plane.BOTTOM}' : ''"


def show(moments: Sequence[MoodMoment], now: datetime) -> None:
    """Draw the moods of a week.

    Parameters
    ----------
    moments : sequence of MoodMoment, not empty
    now : datetime, in the visitor's time zone
    """
    st.html(_legend(moments))
    day = last_day(moments, now)
    if day:
        said = f"{caption(day, 'since yesterday')} The larger the dot, the more intense."
        with st.container(border=True, gap="xsmall", key="moods-day"):
            _show("The last 24 hours", said, _day_chart(day, now))
    left, right = st.columns([1.5, 1])
    with left, st.container(border=True, gap="xsmall", key="moods-week"):
        _show("Day by day", caption(moments, "this week"), _week_chart(moments, now))
    with right, st.container(border=True, gap="xsmall", key="moods-plane"):
        _show("How it felt", leaning(moments), _plane_chart(moments, now))


def _show(title: str, said: str, chart: alt.LayerChart | alt.FacetChart) -> None:
    st.markdown(f"##### {title}")
    st.caption(plain(said))
    st.altair_chart(chart, alt=f"{title}. {said}")


def _legend(moments: Sequence[MoodMoment]) -> str:
    counts = Counter(moment.feeling for moment in moments).most_common()
    chips = "".join(
        f'<li><span style="background:{_colour(feeling)}"></span>{escape(feeling)} '
        f"<b>{count}</b></li>"
        for feeling, count in counts
    )
    return f'<ul class="mr-feelings" aria-label="Moods this week">{chips}</ul>'


def _colour(feeling: str) -> str:
    return FEELING_COLOURS.get(feeling, GREY)


def _day_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return valence over the last 24 hours; larger dots are more intense."""
    import altair as alt

    start = (now.astimezone(UTC) - timedelta(hours=HOURS)).isoformat()
    base = _base(moments, now).encode(
        x=alt.X(
            "at:T",
            scale=alt.Scale(domain=[start, now.isoformat()]),
            axis=alt.Axis(format="%H:%M", labelSeparation=24, tickCount=8, grid=False, **_QUIET),
        ),
        y=_valence(alt.Y),
    )
    sizes = [_size(moments) / 3, _size(moments) * 2.5]
    line = base.mark_line(color=GREY, opacity=0.35, interpolate="monotone", strokeWidth=2)
    dots = base.mark_circle(opacity=0.95).encode(
        color=_colours(moments),
        size=alt.Size("energy:Q", scale=alt.Scale(domain=[0, 1], range=sizes), legend=None),
        tooltip=["feeling:N", "time:N"],
    )
    return alt.layer(line, dots).properties(height=_DAY_HEIGHT)


def _week_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return the week, with a row per day and a dot per mood at its hour."""
    import altair as alt

    x = alt.X(
        "hour:Q",
        scale=alt.Scale(domain=[0, HOURS]),
        axis=alt.Axis(values=[0, 6, 12, 18, 24], labelExpr="datum.value + ':00'", **_QUIET),
    )
    axis = alt.Axis(grid=True, **_QUIET)
    y = alt.Y("day:N", scale=alt.Scale(domain=days_of(now)), axis=axis)
    dots = _base(moments, now).mark_circle(size=_size(moments), opacity=0.85)
    return alt.layer(
        dots.encode(x=x, y=y, color=_colours(moments), tooltip=["feeling:N", "day:N", "time:N"])
    ).properties(height=_WEEK_HEIGHT)


def _plane_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return the plane, with a dot per mood."""
    import altair as alt

    levels = alt.Axis(values=[0, 0.5, 1], labelExpr=_LEVELS, **_QUIET)
    base = _base(moments, now)
    # One row, for one picture.
    ground = base.transform_aggregate(moods="count()").mark_image(aspect=False, opacity=0.6)
    start, right, bottom = map(alt.value, (0, "width", "height"))
    dots = base.mark_circle(size=_size(moments), opacity=0.85)
    return alt.layer(
        ground.encode(x=start, x2=right, y=start, y2=bottom, url=alt.value(plane.GROUND)),
        dots.encode(
            x=_valence(alt.X),
            y=alt.Y("energy:Q", scale=alt.Scale(domain=[0, 1]), axis=levels),
            color=_colours(moments),
            tooltip=["feeling:N", "day:N", "time:N"],
        ),
    ).properties(height=_WEEK_HEIGHT)


def _size(moments: Sequence[MoodMoment]) -> float:
    """Return the area of an average dot, in square pixels."""
    return _DOT if len(moments) <= MANY else _SMALL_DOT


def _base(moments: Sequence[MoodMoment], now: datetime) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.Data(values=rows(moments, now)))  # type: ignore[no-untyped-call]


def _valence(channel: type[Any]) -> Any:  # noqa: ANN401 - Altair's X or Y
    import altair as alt

    axis = alt.Axis(values=[-1, 0, 1], labelExpr=_SIDES, **_QUIET)
    return channel("valence:Q", scale=alt.Scale(domain=[-1.05, 1.05]), axis=axis)


def _colours(moments: Sequence[MoodMoment]) -> alt.Color:
    """Return the colour scale of feelings; the page draws one legend above all charts."""
    import altair as alt

    feelings = sorted({moment.feeling for moment in moments})
    scale = alt.Scale(domain=feelings, range=[_colour(feeling) for feeling in feelings])
    return alt.Color("feeling:N", scale=scale, legend=None)


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
    sides = ((valence, plane.RIGHT, plane.LEFT), (energy, plane.TOP, plane.BOTTOM))
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
