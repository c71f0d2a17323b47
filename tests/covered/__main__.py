"""Report what the tests ran: ``python -m tests.covered FOLDER``.

FOLDER holds what each process wrote (`tests.covered.recorder`). Pages that Streamlit compiles
itself, ten lines each, are not recorded.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from slipcover import Slipcover
from slipcover.slipcover import print_coverage

from tests.covered.recorder import PACKAGES

ROOT = Path(__file__).parents[2]
# Lines that no test can run, or need not.
LEFT_OUT = ["if __name__ == .__main__.:", r"^\s*\.\.\.$"]


def recorded(folder: Path) -> Slipcover:
    """Return what all processes ran, together with all that there is."""
    scripts = [str(path) for path in (ROOT / "pages").glob("*.py")]
    whole = Slipcover(
        branch=True,
        source=[str(ROOT / package) for package in PACKAGES],
        omit=scripts,
        exclude_also=LEFT_OUT,
    )
    for path in folder.glob("*.json"):
        for file, seen in json.loads(path.read_text(encoding="utf-8")).items():
            whole.all_seen[file].update(tuple(x) if isinstance(x, list) else x for x in seen)
    return whole


@click.command("tests.covered", help=__doc__)
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--floor", type=float, default=0.0, help="percent, below which the status is 1")
def command(folder: Path, floor: float) -> None:
    """Print each file that was not run whole, and the share of lines and branches that were."""
    found = recorded(folder).get_coverage()
    print_coverage(found, skip_covered=True, missing_width=80)
    share = found["summary"]["percent_covered"]
    print(f"{share:.2f} % of lines and branches; the floor is {floor:g} %.")
    # Rounded, as coverage.py does: machines differ in what they have beside the project.
    sys.exit(round(share) < floor)


if __name__ == "__main__":
    command()
