"""Read damaged pictures, sounds, tables, playlists, backups and settings: `make fuzz`.

Each must be read or refused with a sentence, within the memory and time of `docs/budgets.md`. The
others are kept in a folder; `python -m tests.fuzz --again KIND FILE` reads such a file again.
"""

from __future__ import annotations

import argparse
import secrets
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from tests.fuzz.kinds import KINDS
from tests.fuzz.running import FAULTS, again, fuzz

# Kinds at a time: one for each core of the small machine that Moodring is made for.
AT_A_TIME = 2


def main() -> int:
    """Fuzz for so many minutes, or read one file again."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="for all kinds together")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(2**32))
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--again", nargs=2, metavar=("KIND", "FILE"))
    told = parser.parse_args()
    if told.again:
        kind, file = told.again
        wrong = again(kind, Path(file))
        print(wrong or "It is read, or refused with a sentence.")
        return wrong is not None
    whole = told.minutes * 60
    seconds = min(whole, whole * AT_A_TIME / len(told.kinds))
    print(f"Seed {told.seed}: {seconds:.0f} s for each kind, {AT_A_TIME} at a time.", flush=True)
    act = partial(fuzz, seed=told.seed, seconds=seconds)
    faults = []
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for report in pool.map(act, told.kinds):
            print(report, flush=True)
            faults += report.faults
    for path in faults:
        wrong = path.with_name(f"{path.name}.txt").read_text(encoding="utf-8").strip()
        print(f"{path}: {wrong.splitlines()[-1]}")
    if faults:
        print(f"Inputs that were neither read nor refused lie in {FAULTS}.")
    return bool(faults)


if __name__ == "__main__":
    raise SystemExit(main())
