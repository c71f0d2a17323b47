"""Charts of moods: the last day, the week hour by hour, and the week in the plane."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, timedelta
from html import escape
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.ui.history import week
from pages.ui.plain import plain
from pages.ui.theme import EMOTION_COLOURS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import altair as alt

    from recommender.listeners.history import MoodMoment

# Goals appear beside emotions: their colours differ in lightness as well as in hue.
FEELING_COLOURS: Mapping[str, str] = MappingProxyType(
    EMOTION_COLOURS | {"calm": "#35b3a5", "energised": "#ef5fa7", "focused": "#b08a5e"}
)
# Visible on the backgrounds of both themes.
_LINE = "#8b93a7"
_QUIET: dict[str, Any] = {"ticks": False, "domain": False, "title": None}
# The camera gives a mood a minute: a chart with more moods than this has small dots.
MANY = 80
_DOT, _SMALL_DOT = 150, 36
_DAY_HEIGHT, _WEEK_HEIGHT = 220, 300
_SIDES = "datum.value > 0 ? 'pleasant' : datum.value < 0 ? 'unpleasant' : ''"
_LEVELS = "datum.value > 0.5 ? 'intense' : datum.value < 0.5 ? 'calm' : ''"


def show(moments: Sequence[MoodMoment], now: datetime) -> None:
    """Draw the moods of a week.

    Parameters
    ----------
    moments : sequence of MoodMoment, not empty
    now : datetime, in the visitor's time zone
    """
    st.html(_legend(moments))
    day = week.last_day(moments, now)
    if day:
        said = f"{week.caption(day, 'since yesterday')} The larger the dot, the more intense."
        with st.container(border=True, gap="xsmall", key="moods-day"):
            _show("The last 24 hours", said, _day_chart(day, now))
    left, right = st.columns([1.5, 1])
    with left, st.container(border=True, gap="xsmall", key="moods-week"):
        _show("Day by day", week.caption(moments, "this week"), _week_chart(moments, now))
    with right, st.container(border=True, gap="xsmall", key="moods-plane"):
        _show("How it felt", week.leaning(moments), _plane_chart(moments, now))


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
    return FEELING_COLOURS.get(feeling, _LINE)


def _day_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return valence over the last 24 hours; larger dots are more intense."""
    import altair as alt

    start = (now.astimezone(UTC) - timedelta(hours=week.HOURS)).isoformat()
    base = _base(moments, now).encode(
        x=alt.X(
            "at:T",
            scale=alt.Scale(domain=[start, now.isoformat()]),
            axis=alt.Axis(format="%H:%M", labelSeparation=24, tickCount=8, grid=False, **_QUIET),
        ),
        y=_valence(alt.Y),
    )
    sizes = [_size(moments) / 3, _size(moments) * 2.5]
    line = base.mark_line(color=_LINE, opacity=0.35, interpolate="monotone", strokeWidth=2)
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
        scale=alt.Scale(domain=[0, week.HOURS]),
        axis=alt.Axis(values=[0, 6, 12, 18, 24], labelExpr="datum.value + ':00'", **_QUIET),
    )
    axis = alt.Axis(grid=True, **_QUIET)
    y = alt.Y("day:N", scale=alt.Scale(domain=week.days_of(now)), axis=axis)
    dots = _base(moments, now).mark_circle(size=_size(moments), opacity=0.85)
    return alt.layer(
        dots.encode(x=x, y=y, color=_colours(moments), tooltip=["feeling:N", "day:N", "time:N"])
    ).properties(height=_WEEK_HEIGHT)


def _plane_chart(moments: Sequence[MoodMoment], now: datetime) -> alt.LayerChart | alt.FacetChart:
    """Return the plane, with a dot per mood."""
    import altair as alt

    levels = alt.Axis(values=[0, 0.5, 1], labelExpr=_LEVELS, **_QUIET)
    dots = _base(moments, now).mark_circle(size=_size(moments), opacity=0.85)
    return alt.layer(
        dots.encode(
            x=_valence(alt.X),
            y=alt.Y("energy:Q", scale=alt.Scale(domain=[0, 1]), axis=levels),
            color=_colours(moments),
            tooltip=["feeling:N", "day:N", "time:N"],
        )
    ).properties(height=_WEEK_HEIGHT)


def _size(moments: Sequence[MoodMoment]) -> float:
    """Return the area of an average dot, in square pixels."""
    return _DOT if len(moments) <= MANY else _SMALL_DOT


def _base(moments: Sequence[MoodMoment], now: datetime) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.Data(values=week.rows(moments, now)))  # type: ignore[no-untyped-call]


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
