"""A week of moods in sentences, on the mood map and, once there are some, hour by hour.

``now`` is in the visitor's time zone everywhere, and days are days of that zone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui import plane
from pages.ui.plain import in_html, plain
from pages.ui.theme import GREY, LIGHTS
from recommender.listeners.history import MoodMoment
from recommender.mood import FEELINGS
from recommender.text import visible
from recommender.wording import ENGLISH, PSEUDO, Message, reader, sentence, tr, tr_count

if TYPE_CHECKING:
    import altair as alt

DAYS = 7
HOURS = 24
# Moods from which on charts say more than the map alone.
CHARTED = 5
# A mean closer to the middle than this leans to neither side; as a share of half the plane's side.
LEANING = 0.15
FEELING_COLOURS: Mapping[str, str] = MappingProxyType(
    {feeling: LIGHTS[feeling][0] for feeling in FEELINGS}
)
_QUIET: dict[str, Any] = {"ticks": False, "domain": False, "title": None}
# The camera gives a mood a minute: a chart with more moods than this has small dots.
MANY = 80
_DOT, _SMALL_DOT = 150, 36
# Size of a dot among many moods on the map, in pixels.
_MAP_DOT = 8
# Least distance of a dot to the edge, as a share of the map's side.
_EDGE = 0.035
_DAY_HEIGHT, _WEEK_HEIGHT = 220, 300


def show(moments: Sequence[MoodMoment], now: datetime) -> None:
    """Draw the moods of a week.

    Parameters
    ----------
    moments : sequence of MoodMoment, not empty
    now : datetime, in the visitor's time zone
    """
    st.html(_legend(moments))
    week = f"{caption(moments, tr('This week'))} {leaning(moments)}"
    if len(moments) < CHARTED:
        with st.container(border=True, gap="xsmall", key="moods-plane"):
            _show(tr("On your mood map"), week)
            st.html(_map(moments, now))
            st.caption(
                tr_count(
                    "{number} more mood, and your days appear here hour by hour.",
                    "{number} more moods, and your days appear here hour by hour.",
                    CHARTED - len(moments),
                )
            )
        return
    left, right = st.columns([1.5, 1])
    with left, st.container(border=True, gap="xsmall", key="moods-week"):
        _show(tr("Day by day"), caption(moments, tr("This week")), _week_chart(moments, now))
    with right, st.container(border=True, gap="xsmall", key="moods-plane"):
        _show(tr("On your mood map"), leaning(moments))
        st.html(_map(moments, now))
    day = last_day(moments, now)
    if day:
        said = f"{caption(day, tr('Since yesterday'))} {tr('The larger the dot, the livelier.')}"
        with st.container(border=True, gap="xsmall", key="moods-day"):
            _show(tr("The last 24 hours"), said, _day_chart(day, now))


def _show(title: str, said: str, chart: alt.LayerChart | alt.FacetChart | None = None) -> None:
    st.markdown(f"## {plain(title)}")
    st.caption(plain(said))
    if chart is not None:
        st.altair_chart(chart, alt=f"{title}. {said}")


def feeling_word(feeling: str) -> str:
    """Return a feeling in the reader's language; one of another version as it is."""
    if feeling in FEELINGS:
        return sentence(Message(f"feeling-{feeling}"))
    return visible(feeling)


def _legend(moments: Sequence[MoodMoment]) -> str:
    counts = Counter(moment.feeling for moment in moments).most_common()
    chips = "".join(
        f'<li><span style="background:{_colour(feeling)}"></span>{in_html(feeling_word(feeling))} '
        f"<b>{count}</b></li>"
        for feeling, count in counts
    )
    return f'<ul class="mr-feelings" aria-label="{in_html(tr("Moods this week"))}">{chips}</ul>'


def _colour(feeling: str) -> str:
    return FEELING_COLOURS.get(feeling, GREY)


def _map(moments: Sequence[MoodMoment], now: datetime) -> str:
    """Return the mood map with a dot for each mood; few moods tell their hour, too."""
    if len(moments) > MANY:
        address = plane.dots([(one.valence, one.energy) for one in moments], _MAP_DOT)
        inside = f'<img class="way" alt="" src="{address}">'
    else:
        inside = "".join(map(_mood_dot, rows(moments, now)))
    return plane.drawn(tr("Your moods this week."), inside, "moods")


def _mood_dot(row: Mapping[str, Any]) -> str:
    name = in_html(" · ".join((row["word"], row["day"], row["time"])))
    x, y = plane.place_of(row["valence"], row["energy"])
    # A dot at the edge stays on the map.
    place = plane.style_of((min(max(x, _EDGE), 1 - _EDGE), min(max(y, _EDGE), 1 - _EDGE)))
    return (
        f'<span class="mood" title="{name}" style="{place};--at:{_colour(row["feeling"])}"></span>'
    )


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
        tooltip=_tooltip("word", "time"),
    )
    return alt.layer(line, dots).properties(height=_DAY_HEIGHT, background="transparent")


def _week_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return the week, with a row per day and a dot per mood at its hour."""
    import altair as alt

    x = alt.X(
        "hour:Q",
        scale=alt.Scale(domain=[0, HOURS]),
        axis=alt.Axis(
            values=[0, 6, 12, 18, 24],
            labelExpr="datum.value + ':00'",
            labelFlush=True,
            labelFlushOffset=-4,
            **_QUIET,
        ),
    )
    axis = alt.Axis(grid=True, **_QUIET)
    y = alt.Y("day:N", scale=alt.Scale(domain=days_of(now)), axis=axis)
    dots = _base(moments, now).mark_circle(size=_size(moments), opacity=0.85)
    tooltip = _tooltip("word", "day", "time")
    return alt.layer(dots.encode(x=x, y=y, color=_colours(moments), tooltip=tooltip)).properties(
        height=_WEEK_HEIGHT, background="transparent"
    )


def _size(moments: Sequence[MoodMoment]) -> float:
    """Return the area of an average dot, in square pixels."""
    return _DOT if len(moments) <= MANY else _SMALL_DOT


def _base(moments: Sequence[MoodMoment], now: datetime) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.Data(values=rows(moments, now)))  # type: ignore[no-untyped-call]


def _valence(channel: type[Any]) -> Any:  # noqa: ANN401 - Altair's X or Y
    import altair as alt

    bright, dark = json.dumps(tr("bright")), json.dumps(tr("dark"))
    sides = f"datum.value > 0 ? {bright} : datum.value < 0 ? {dark} : ''"
    axis = alt.Axis(values=[-1, 0, 1], labelExpr=sides, **_QUIET)
    return channel("valence:Q", scale=alt.Scale(domain=[-1.05, 1.05]), axis=axis)


def _tooltip(*fields: str) -> list[alt.Tooltip]:
    import altair as alt

    titles = {"word": tr("Mood"), "day": tr("Day"), "time": tr("Time")}
    return [alt.Tooltip(f"{field}:N", title=titles[field]) for field in fields]


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
    from babel.dates import format_date

    language = ENGLISH if reader() == PSEUDO else reader()
    days = [now.date() - timedelta(days=back) for back in range(DAYS - 1, 0, -1)]
    return [*(format_date(day, "EEE", language) for day in days), tr("Today")]


def caption(moments: Sequence[MoodMoment], period: str) -> str:
    """Return the most frequent feeling of some moods, as a sentence.

    Parameters
    ----------
    period : str, in the reader's language, "This week"
    """
    count = len(moments)
    if not count:
        return tr("{period}: no moods.", period=period)
    ranks = Counter(moment.feeling for moment in moments).most_common()
    times = ranks[0][1]
    first = feeling_word(ranks[0][0])
    if times == count:
        return tr_count(
            "{period}: one mood, {feeling}.",
            "{period}: always {feeling} ({number} moods).",
            count,
            period=period,
            feeling=first,
        )
    given = {"period": period, "feeling": first, "times": times, "count": count}
    match [feeling for feeling, rank in ranks if rank == times]:
        case [_] if times * 2 > count:
            return tr("{period}: mostly {feeling} ({times} of {count}).", **given)
        case [_]:
            return tr("{period}: most often {feeling} ({times} of {count}).", **given)
        case [_, second]:
            given["other"] = feeling_word(second)
            return tr("{period}: mostly {feeling} and {other} ({times} of {count} each).", **given)
        case _:
            return tr("{period}: a bit of everything ({count} moods).", **given)


def leaning(moments: Sequence[MoodMoment]) -> str:
    """Return the side of the plane that the mean of some moods (at least one) lies on, in words."""
    valence = sum(moment.valence for moment in moments) / len(moments)
    energy = sum(moment.energy for moment in moments) / len(moments) * 2 - 1
    words = {
        (1, 1): tr("Bright and lively overall."),
        (1, 0): tr("Bright overall."),
        (1, -1): tr("Bright and calm overall."),
        (0, 1): tr("Lively overall."),
        (0, 0): tr("Balanced overall."),
        (0, -1): tr("Calm overall."),
        (-1, 1): tr("Dark and lively overall."),
        (-1, 0): tr("Dark overall."),
        (-1, -1): tr("Dark and calm overall."),
    }
    right, up = ((mean > LEANING) - (mean < -LEANING) for mean in (valence, energy))
    return words[right, up]


def rows(moments: Sequence[MoodMoment], now: datetime) -> list[dict[str, Any]]:
    """Return the week's moods as rows for the charts.

    Each has: at (ISO 8601, with its zone), day (of `days_of`), hour (0 ≤ hour < 24),
    time ("HH:MM"), feeling, word (the feeling in the reader's language), valence, energy.
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
                    "word": feeling_word(moment.feeling),
                    "valence": moment.valence,
                    "energy": moment.energy,
                }
            )
    return made
