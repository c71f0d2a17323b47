"""Scales of moods, found from the whole of a column."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.scales import Scale, Survey, scale_of

RNG = np.random.default_rng(5)
SHARES = np.linspace(0, 1, 100)
COLUMNS = {
    "shares": (SHARES, Scale.SHARE),
    "two shares": ([0.2, 0.8], Scale.SHARE),
    "noughts and ones": ([1, 0, 1], Scale.SHARE),
    "the plane": (RNG.uniform(-1, 1, 100), Scale.PLANE),
    "a little below zero": ([-0.3, *np.linspace(0, 1, 11)], Scale.PLANE),
    "feelings": ([-1, 0, 1, 1, -1], Scale.PLANE),
    "1 to 5": (RNG.integers(1, 6, 50), Scale.FIVE),
    "1 to 9": (RNG.integers(1, 10, 100), Scale.NINE),
    "three marks": ([1.2, 8.9, 5.0], Scale.NINE),
    "means of marks": (np.clip(RNG.normal(4.3, 1.2, 5000), 0.1, 7.3), Scale.NINE),
    "per cent": (RNG.integers(0, 101, 100), Scale.PERCENT),
    "one per cent": ([75], Scale.PERCENT),
    "0 to 1000": (RNG.integers(0, 1001, 100), Scale.THOUSAND),
    "deviations": (RNG.normal(size=1000), Scale.DEVIATIONS),
    "two deviations": ([-2.3, 1.9], Scale.DEVIATIONS),
}
IN_DOUBT = {
    "0 to 10": RNG.uniform(0, 10, 100),
    "0 to 5": RNG.integers(0, 6, 100),
    "-5 to 5": RNG.integers(-5, 6, 100),
    "-100 to 100": RNG.uniform(-100, 100, 100),
    "marks in the middle": [3, 4, 6, 7],
    "few marks": [1, 0, 3, 2],
    "always the same": [5.0] * 30,
    "half of it in another scale": [*SHARES, *(100 * SHARES)],
}
SLIPS = (999.0, 9999.0, 1e300, -77.0)


@pytest.mark.parametrize(("values", "scale"), COLUMNS.values(), ids=COLUMNS)
def test_a_column_tells_its_scale(values: list[float], scale: Scale) -> None:
    assert scale_of(np.array(values, float)) is scale


@pytest.mark.parametrize("values", IN_DOUBT.values(), ids=IN_DOUBT)
def test_where_none_is_certain_none_is_taken(values: list[float]) -> None:
    assert scale_of(np.array(values, float)) is None


@pytest.mark.parametrize("name", [name for name, (values, _) in COLUMNS.items() if len(values) > 9])
@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_turns_no_column(name: str, slip: float) -> None:
    values, scale = COLUMNS[name]
    if scale is Scale.THOUSAND and abs(slip) < 3000:
        slip *= 100
    assert scale_of(np.array([slip, *values], float)) is scale
    assert scale.share(slip) is None


@pytest.mark.parametrize("slip", [1.5, 5.0, 72.0, -0.5, -1.0])
def test_a_slip_near_the_shares_turns_none_of_a_hundred(slip: float) -> None:
    assert scale_of(np.array([slip, *SHARES])) is Scale.SHARE


def test_a_mark_of_what_is_missing_makes_no_plane() -> None:
    assert scale_of(np.array([*SHARES, *[-1.0] * 30])) is Scale.SHARE


def surveyed(*rows: tuple[str, str], valence: str = "valence") -> Survey:
    survey = Survey({"valence": valence, "energy": "energy"})
    for left, right in rows:
        survey.add({valence: left, "energy": right})
    return survey


def test_the_certain_column_tells_the_scale_of_the_other() -> None:
    found = surveyed(("1.5", "4"), ("8.5", "6"), ("x", ""), ("5", "5")).reading()
    assert found.scales == {"valence": Scale.NINE, "energy": Scale.NINE}
    assert found.doubtful == {}


def test_what_stays_in_doubt_is_told_with_its_numbers() -> None:
    found = surveyed(("3", "0.5"), ("7", "0.6")).reading()
    assert (found.scales, found.doubtful) == ({"energy": Scale.SHARE}, {"valence": (3.0, 7.0)})
    assert surveyed(("", "nan")).reading().scales == {}


def test_a_column_of_words_is_left_out() -> None:
    found = surveyed(("high", "0.5"), ("low", "x"), ("0.5", "0.7"), ("", "")).reading()
    assert (found.scales, found.doubtful) == ({"energy": Scale.SHARE}, {"valence": None})


def test_a_sign_or_the_name_of_a_column_tells_its_scale() -> None:
    assert surveyed(("8%", "5 %")).reading().scales["energy"] is Scale.PERCENT
    for name, scale in (("valence_%", Scale.PERCENT), ("valence_tags", Scale.NINE)):
        assert surveyed(("4.5", "1"), valence=name).reading().scales["valence"] is scale


@given(st.sampled_from(Scale), st.floats(allow_nan=False))
def test_whatever_the_number_a_share_or_nothing_comes_of_it(scale: Scale, value: float) -> None:
    share = scale.share(value)
    assert share is None or 0 <= share <= 1
