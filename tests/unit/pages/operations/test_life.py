"""One of several processes hears of the others, and tells them of itself."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from pages.ui.operations import life
from pages.ui.operations.life import LIVES_S, Heartbeat, Living
from pages.ui.web import drain
from pages.ui.web.replicas import Room
from recommender.db.processes import Replicas, Told
from recommender.settings import Settings
from recommender.wiring import open_engine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PATIENCE_S = 60


def test_a_process_lives_while_it_tells_something_new_whatever_its_clock_says() -> None:
    now = 100.0
    living = Living(lambda: now)
    # An old row, or a new one: that shows at the next look.
    assert living.free({"b": Told(2, 5)}) == {}
    now += 2
    assert living.free({"b": Told(1, 6), "c": Told(9, 10**12)}) == {"b": 1}
    now += LIVES_S - 1
    assert living.free({"b": Told(1, 6), "c": Told(8, 1)}) == {"b": 1, "c": 8}
    now += 1
    assert living.free({"b": Told(1, 6), "c": Told(8, 1)}) == {"c": 8}
    assert living.free({}) == {}


class Heard(Room):
    """A room that tells when it has been told."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.told = threading.Event()

    def note(self, own: int, others: Mapping[str, int]) -> None:
        super().note(own, others)
        if others:
            self.told.set()


def test_two_processes_hear_of_each_other_and_of_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(life, "BEAT_S", 0.02)
    monkeypatch.setattr(life, "STOP_S", PATIENCE_S)
    settings = Settings(data_dir=tmp_path)
    engine = open_engine(tmp_path)
    one, other = Heard("a"), Heard("b")
    first, second = Heartbeat(settings, one), Heartbeat(settings, other)
    first.start()
    second.start()
    assert one.told.wait(PATIENCE_S)
    assert other.told.wait(PATIENCE_S)
    assert set(Replicas(engine, "x").others()) == {"a", "b"}
    drain._begun.set()
    one.told.clear()
    assert one.told.wait(PATIENCE_S)
    drain._begun.clear()
    second.stop()
    assert set(Replicas(engine, "x").others()) == {"a"}
    first.stop()
    assert Replicas(engine, "x").others() == {}
    engine.dispose()
