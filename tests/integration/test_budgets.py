"""The memory and time that each kind of input takes: each line of `docs/budgets.md` is held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.budgets import table, worst
from tests.budgets.__main__ import measured
from tests.budgets.table import lines
from tests.fakes.memory import needs_proc

if TYPE_CHECKING:
    from pathlib import Path

    from tests.budgets.table import Line

EVERY = worst.every()


def marked(line: Line) -> object:
    """A line, marked as its input is."""
    mark = EVERY[line.name].mark if line.name in EVERY else "slow"
    return pytest.param(line, id=line.name, marks=[getattr(pytest.mark, mark)] if mark else [])


def test_each_line_has_its_measurement_and_each_measurement_its_line() -> None:
    assert sorted(line.name for line in lines()) == sorted(EVERY)


@pytest.mark.parametrize("line", lines(), ids=lambda line: line.name)
def test_the_constants_have_the_values_that_the_table_tells(line: Line) -> None:
    for name, (value, told) in line.constants().items():
        assert value == told, name
    assert line.constants() or line.limits.startswith("none: ")
    assert line.measured_mb < line.most_mb
    assert line.measured_s < line.most_s


def test_a_limit_is_the_largest_of_its_lines() -> None:
    first, second = lines()[1], lines()[3]
    seconds, megabytes = table.limits_of((first.name, second.name))
    assert seconds == max(first.most_s, second.most_s)
    assert megabytes == max(first.most_mb, second.most_mb)
    with pytest.raises(AssertionError):
        table.limits_of((first.name, "parcel: a large one"))


@needs_proc
@pytest.mark.parametrize("line", [marked(line) for line in lines()])
def test_the_worst_of_each_kind_keeps_to_its_budget(line: Line, tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    took = measured(line.name, folder)
    assert took["memory_mb"] <= line.most_mb
    assert took["cpu_s"] <= line.most_s


@needs_proc
def test_the_measurement_sees_memory_and_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "sitecustomize.py").write_text(
        "import sys, time\n"
        "from tests.budgets import worst\n"
        "def waste(_):\n"
        "    taken = bytearray(b'x' * 100_000_000)\n"
        "    until = time.process_time() + 0.6\n"
        "    while time.process_time() < until: pass\n"
        "nothing = lambda _: None\n"
        "worst.every = lambda: {'waste': worst.Worst(nothing, waste, nothing)}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path / 'path'}:.")
    took = measured("waste", tmp_path)
    assert took["memory_mb"] > 90
    assert took["cpu_s"] > 0.5
