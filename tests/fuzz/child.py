"""A process that reads damaged inputs of one kind in turn: `python -m tests.fuzz.child`.

It is started by `tests.fuzz.running`, so that an input that ends the process is told from the
others: what is read lies in a folder while it is read, under its number.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections import Counter
from itertools import count as counting
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from detectors.process_limits import leave_no_core
from tests.budgets.table import limits_of
from tests.fuzz.guard import give_back, watched
from tests.fuzz.kind import MAX_CHANGED, Kind, ending_of
from tests.fuzz.kinds import kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Faults at the same place that are kept.
KEPT_ALIKE = 2
# The account of the inputs so far, in the folder, as JSON.
ACCOUNT = "account.json"
MAX_SENTENCE = 400


def write_seeds(kind: Kind, folder: Path) -> list[Path]:
    """Write what once broke something into a folder, in order; return the files.

    It is made in another process where that is cheap: some of it takes gigabytes until it is small.
    """
    folder.mkdir()
    maker = os.fork() if hasattr(os, "fork") else 0
    if maker:
        _, status = os.waitpid(maker, 0)
        assert status == 0, "the seeds cannot be made"
    else:
        for number, (name, content) in enumerate(kind.seeds().items()):
            (folder / f"{number:03}{ending_of(name)}").write_bytes(content)
        if hasattr(os, "fork"):
            os._exit(0)
    return sorted(folder.iterdir())


def inputs(
    kind: Kind, seed: int, first: int, seeds: Sequence[Path]
) -> Iterator[tuple[int, str, bytes]]:
    """Give inputs with their numbers and the ends of their names, always the same for a seed.

    first : the number of the first one
    seeds : what once broke something: it comes first, as it is
    """
    small = [(ending_of(name), content) for name, content in kind.samples().items()]
    small += [
        (ending_of(path.name), path.read_bytes())
        for path in seeds
        if path.stat().st_size <= MAX_CHANGED
    ]
    others = [content for _, content in small]
    for number in counting(first):
        if number < len(seeds):
            path = seeds[number]
            yield number, ending_of(path.name), path.read_bytes()
            continue
        # S311: the same files every time.
        rng = Random(f"{seed} {kind.name} {number}")  # noqa: S311
        ending, content = rng.choice(small)
        if rng.random() < 0.03:
            ending = rng.choice(small)[0]
        yield number, ending, kind.changed(content, rng, others)


def fault_in(said: str | None, folder: Path) -> str | None:
    """Return what is wrong with a refusal; None when it is a sentence, or nothing was refused."""
    if said is None:
        return None
    if not said.endswith(".") or not said.isprintable() or len(said) > MAX_SENTENCE:
        return f"no sentence: {said!r}"
    return f"names a folder: {said!r}" if str(folder) in said else None


def attempt(kind: Kind, path: Path) -> tuple[str, str | None, float, float]:
    """Read an input; return "read", "refused" or "fault", what is wrong, and what it took."""
    cpu_s, most_mb = limits_of(kind.budgets)
    try:
        with watched(cpu_s, most_mb) as took:
            said = kind.read(path)
        wrong = fault_in(said, path.parent)
    except Exception:  # noqa: BLE001 - whatever it is, it is what is looked for
        said, wrong = "", traceback.format_exc()
    excess = []
    if took.cpu_s > cpu_s:
        excess.append(f"took {took.cpu_s:.1f} s of CPU, and {cpu_s} are allowed")
    if took.memory_mb > most_mb:
        excess.append(f"took {took.memory_mb:.0f} MB, and {most_mb} are allowed")
    wrong = wrong or "; ".join(excess) or None
    outcome = "fault" if wrong else "read" if said is None else "refused"
    return outcome, wrong, took.cpu_s, took.memory_mb


def warm_up(kind: Kind, folder: Path) -> None:
    """Read all that is valid, which must be read; that loads what every reading needs."""
    for name, content in kind.samples().items():
        path = folder / f"sample{ending_of(name)}"
        path.write_bytes(content)
        said = kind.read(path)
        path.unlink()
        # A kind of sound that is made here and not read.
        assert said is None or name.endswith(".tta"), (name, said)


def main() -> None:
    """Read so many inputs, or for so long; what came of it stands in `ACCOUNT` after each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind")
    parser.add_argument("folder", type=Path)
    parser.add_argument("faults", type=Path)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--again", type=Path)
    told = parser.parse_args()
    leave_no_core()
    kind = kind_of(told.kind)
    seeds = write_seeds(kind, told.folder / "seeds")
    warm_up(kind, told.folder)
    give_back()
    deadline = time.monotonic() + told.seconds
    outcomes: Counter[str] = Counter()
    alike: Counter[str] = Counter()
    slowest = largest = 0.0
    every = (
        inputs(kind, told.seed, told.first, seeds)
        if told.again is None
        else [(0, ending_of(told.again.name), told.again.read_bytes())]
    )
    for number, ending, content in every:
        if number >= told.first + told.count or time.monotonic() > deadline:
            break
        path = told.folder / f"{number}{ending}"
        path.write_bytes(content)
        outcome, wrong, cpu_s, most_mb = attempt(kind, path)
        path.unlink()
        outcomes[outcome] += 1
        slowest, largest = max(slowest, cpu_s), max(largest, most_mb)
        if wrong is not None:
            place = wrong.strip().splitlines()[-1][:60] + wrong[-300:-60]
            alike[place] += 1
            if alike[place] <= KEPT_ALIKE:
                kept = told.faults / f"{kind.name}-{told.seed}-{number}{ending}"
                kept.write_bytes(content)
                kept.with_name(f"{kept.name}.txt").write_text(wrong, encoding="utf-8")
        said = {"outcomes": outcomes, "slowest": slowest, "largest": largest, "done": number + 1}
        (told.folder / ACCOUNT).write_text(json.dumps(said), encoding="utf-8")


if __name__ == "__main__":
    main()
