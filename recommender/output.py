"""Printing what streams were not made for: names that are no text, letters they cannot write."""

from __future__ import annotations

import io
import json
import sys
from typing import Any


def carry_every_letter() -> None:
    r"""Let both streams write ``\xe9`` for a letter that they cannot carry, and never raise."""
    for stream in (sys.stdout, sys.stderr):
        # A program around this one may have put something else there.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def json_line(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return JSON in one line that standard output can carry as it is.

    Raises
    ------
    ValueError
        When a number is none that JSON knows.
    """
    line = json.dumps(value, allow_nan=False, ensure_ascii=False)
    try:
        line.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return line
