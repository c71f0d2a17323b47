"""The load test's own sums: what a run is judged by, and the spread of several."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.load import __main__ as load

if TYPE_CHECKING:
    from pathlib import Path


def result(cores: float, analysed: float, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """What `drive` returns of two visitors, and of one who was told that there is no seat."""
    first = {"analysed": analysed, "delays": [0.2, 0.4], "way": "webrtc", "bytes_s": 1500.0}
    second = {"analysed": 15.0, "delays": [0.3], "way": "webrtc", "bytes_s": 2500.0}
    told = {"told": "All camera seats are taken."}
    made = {"visitors": 3, "rate": 15, "busy": 0, "kind": "webrtc", "void": False}
    made |= {"cores": cores, "visitors_cores": 0.1, "memory_mb": 400.0, "page_s": 1.0}
    return made | {"ready_s": 2.0, "got": [first, told, second]} | other


def test_a_run_is_judged_by_the_visitor_who_got_least_and_was_sent_most() -> None:
    got = load.figures(result(0.5, 12.0))
    assert (got["served"], got["analysed"], got["bytes_s"]) == (2, 12.0, 2500.0)
    assert got["delay_p95_s"] == pytest.approx(0.39)
    assert got["delay_longest_s"] == 0.4
    assert math.isnan(load.figures(result(0.5, 12.0, got=[]))["delay_p95_s"])


@pytest.mark.parametrize("as_json", [True, False])
def test_several_runs_give_the_least_the_median_and_the_most(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    came: list[tuple[int, int]] = []
    cores = iter([0.5, 0.3, 0.4])

    def drive(count: int, _: Path, *__: object) -> dict[str, Any]:
        came.append((count, int(str(__[-1]))))
        return result(next(cores), 10.0, void=len(came) == 1)

    monkeypatch.setattr(load, "drive", drive)
    words = "--visitors 3 --runs 3 --busy 1" + " --json" * as_json
    monkeypatch.setattr(sys, "argv", ["tests.load", *words.split()])
    assert load.main() == 0
    assert came == [(3, 1)] * 3
    printed = capsys.readouterr().out
    if as_json:
        spread = json.loads(printed.splitlines()[-1])
        assert (spread["runs"], spread["void"], spread["cores"]) == (3, 1, [0.3, 0.4, 0.5])
    else:
        assert "3 runs, 1 VOID: least, median, most" in printed
        assert "told at most 2.5 kB a second" in printed
        assert "VOID: 3 visitor(s)" in printed
