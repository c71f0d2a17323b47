"""The simulation of a site's size: it stands on the app's own figures, and the page shows it."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from sqlalchemy.pool import QueuePool

from recommender.db.engine import make_engine
from recommender.settings import MAX_VISITORS
from tests.e2e.driver import PROJECT
from tests.load import scale

if TYPE_CHECKING:
    from pathlib import Path

PAGE = PROJECT / "docs" / "scale.md"


def test_the_page_shows_what_the_command_prints() -> None:
    command = [sys.executable, "-m", "tests.load.scale"]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    for table in done.stdout.strip().split("\n\n"):
        assert table in PAGE.read_text(encoding="utf-8")


def test_cameras_cost_what_was_measured() -> None:
    page = (PROJECT / "docs" / "network.md").read_text(encoding="utf-8")
    a_visitor, a_frame = scale.camera_costs()
    for visitors, rate, cores in scale.CAMERAS:
        assert f"| {visitors} at " in page
        assert f"| {rate:g} | " in page
        assert f"| {cores:.2f} cores |" in page
        assert visitors * (a_visitor + a_frame * rate) == pytest.approx(cores, rel=0.12)


def test_limits_are_the_apps_own(tmp_path: Path) -> None:
    assert scale.SEATS == MAX_VISITORS
    engine = make_engine(tmp_path, "postgresql://nobody@127.0.0.1/none")
    assert isinstance(engine.pool, QueuePool)
    assert engine.pool.size() == scale.KEPT_CONNECTIONS


@pytest.mark.parametrize("visitors", [1, 16, 100])
def test_seats_turn_no_more_away_than_is_allowed(visitors: int) -> None:
    def turned_away(seats: int) -> float:
        weights = [visitors**n / math.factorial(n) for n in range(seats + 1)]
        return weights[-1] / sum(weights)

    seats = scale.seats_for(visitors)
    assert turned_away(seats) <= scale.TURNED_AWAY < turned_away(seats - 1)


def test_what_one_carries_is_where_one_is_no_longer_enough() -> None:
    name = "PostgreSQL's connections"
    most = scale.carried(name)
    assert name not in scale.needs(most).scarce
    assert name in scale.needs(most + 1).scarce
    assert scale.needs(1).scarce == ()


@pytest.mark.slow
def test_the_databases_part_can_be_measured() -> None:
    from tests.fakes.servers import NoServer
    from tests.load.database import measure

    try:
        measured = measure(20)
    except NoServer as error:
        pytest.skip(str(error))
    assert all(value > 0 for value in measured.values())
    assert measured["writes"] == pytest.approx(1.2)
