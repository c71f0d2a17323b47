"""The second run of tests that failed beside others."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tests import again

if TYPE_CHECKING:
    from pathlib import Path

BROWSER = "tests/e2e/test_ring.py::test_a"


@pytest.mark.parametrize(
    ("failed", "worth"),
    [
        ([], False),
        ([BROWSER], True),
        ([BROWSER, "tests/integration/test_tag_dask.py::test_c"], True),
        ([f"{BROWSER}{number}" for number in range(again.MOST)], True),
        ([f"{BROWSER}{number}" for number in range(again.MOST + 1)], False),
        ([BROWSER, "tests/unit/test_locks.py::test_b"], False),
    ],
    ids=["none", "one", "two", "few", "many", "another"],
)
def test_only_a_few_that_wait_for_others_are_worth_another_run(
    failed: list[str], *, worth: bool
) -> None:
    assert again.worth_another_run(failed) is worth


@pytest.mark.parametrize("status", [0, 1])
def test_the_second_run_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setattr(again, "FAILED", tmp_path / "lastfailed")
    assert again.main([]) == 1
    again.FAILED.write_text(json.dumps({f"{BROWSER}[x]": True}), encoding="utf-8")
    # A program that takes pytest's place, and sees what it is asked to run.
    program = tmp_path / "python"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/asked\nexit {status}\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    assert again.main(["--cov"]) == status
    asked = (tmp_path / "asked").read_text(encoding="utf-8").split()
    assert asked[:2] == ["-m", "pytest"]
    assert asked[-2:] == ["--cov", f"{BROWSER}[x]"]
