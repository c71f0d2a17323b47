"""What is said of a tagging."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.library.tagging_report import PROBLEMS_TOLD, TaggingReport
from recommender.wording import duration, sentence


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (119.4, "119 s"),
        (120, "2 min"),
        (7199, "120 min"),
        (7200, "2 h 0 min"),
        (3_700_000, "1,027 h 47 min"),
    ],
)
def test_a_time_is_said_as_people_do(seconds: float, said: str) -> None:
    assert sentence(duration(seconds)) == said


def test_the_summary_names_what_there_was() -> None:
    assert TaggingReport().lines() == ["0 tagged, 0 unchanged."]
    report = TaggingReport(1, 2, 3, 4, 5, 1, ((Path("/x\x1b.mp3"), "It is bad."),), 7200.0, 60.0)
    assert report.lines() == [
        "/x .mp3: It is bad.",
        "1 file could not be used before, and has not changed.",
        "1 tagged, 2 unchanged, 3 moved, 4 removed, 5 gone but kept for your corrections, "
        "1 with a problem. 2 h 0 min of music in 60 s, 120 × real time.",
    ]
    assert TaggingReport(known_problems=2).lines()[0].startswith("2 files could not be used")


def test_very_many_problems_are_counted() -> None:
    problems = tuple((Path(f"{number}.mp3"), "Bad.") for number in range(PROBLEMS_TOLD + 2))
    lines = TaggingReport(problems=problems).lines()
    assert lines[-2] == "And 2 files more that cannot be used."
    assert len(lines) == PROBLEMS_TOLD + 2
