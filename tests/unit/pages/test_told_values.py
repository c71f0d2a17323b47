"""What a hostile browser tells of components and selections: nonsense counts as nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import streamlit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streamlit.components.v2.bidi_component.serialization import BidiComponentSerde

from pages.ui import plane
from pages.ui.library.plane import keys_of
from pages.ui.library.song_list import ticked_keys
from pages.ui.listen import camera
from pages.ui.tiles import grid
from recommender.mood import build_query
from recommender.service import recommend
from recommender.types import Mood, Preferences
from tests.fakes.sources import ListSource, fake_tracks

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside),
    max_leaves=5,
)
HOSTILE: list[Any] = [
    [1],
    {"a": [1]},
    7,
    -1,
    True,
    None,
    "",
    "x",
    10**400,
    float("nan"),
    [[]],
    [{}],
]


def state_of(name: str, value: object) -> dict[str, Any]:
    """What Streamlit makes of a component's message."""
    return dict(BidiComponentSerde().deserialize(json.dumps({name: value})))


@pytest.mark.parametrize("told", HOSTILE)
def test_a_problem_that_is_none_of_ours_is_none(told: object) -> None:
    assert camera._known_problem(state_of("problem", told).get("problem")) is None
    assert camera._known_problem("busy") == "busy"


@pytest.mark.parametrize("told", HOSTILE)
@pytest.mark.parametrize("other", [0.5, *HOSTILE])
def test_a_point_of_nonsense_is_none(
    monkeypatch: pytest.MonkeyPatch, told: object, other: object
) -> None:
    for point in ({"valence": told, "energy": other}, told, other):
        monkeypatch.setattr(streamlit, "session_state", {plane.KEY: {"point": point}})
        found = plane.chosen_point()
        assert found is None or (-1 <= found[0] <= 1 and 0 <= found[1] <= 1)


@pytest.mark.parametrize("told", HOSTILE)
def test_only_a_tile_that_is_there_is_counted_as_opened(
    monkeypatch: pytest.MonkeyPatch, told: object
) -> None:
    noted: list[object] = []
    watcher: dict[str, Callable[[], None]] = {}
    monkeypatch.setattr(grid.listener, "me", lambda: noted.append(told))
    monkeypatch.setattr(grid, "_watcher", lambda **given: watcher.update(given))
    monkeypatch.setattr(streamlit, "session_state", {grid.KEY: {"opened": told}})
    found = recommend(build_query(Mood(0, 0.5), Preferences()), [ListSource(fake_tracks(5))])
    grid.watch(found.tiles, counts=True)
    watcher["on_opened_change"]()
    assert noted == []


@given(JSON)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_selection_is_too_strange(told: Any) -> None:  # noqa: ANN401 - any JSON
    states: list[Any] = [
        {"selection": told},
        {"selection": {"points": told, "rows": told}},
        {"selection": {"points": [told], "rows": [told]}},
        {"selection": {"points": [{"customdata": told}, {"customdata": [told]}]}},
    ]
    for state in states:
        assert all(isinstance(key, str) for key in keys_of(state))
    assert all(isinstance(key, str) for key in ticked_keys({"ticked": told}))


def test_songs_are_ticked_by_their_keys() -> None:
    assert ticked_keys({"ticked": ["a", 1, "b"]}) == ["a", "b"]
    assert ticked_keys({}) == []
