"""Environment of the processes whose own time or memory a test measures."""

import os


def without_coverage() -> dict[str, str]:
    """Return our environment, less the word that makes a process record its coverage.

    Recording doubles the CPU time of code that is all Python.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
