"""Printing of text that the output encoding cannot represent."""

from __future__ import annotations

import io
import json
import sys
from typing import Any


def carry_every_letter() -> None:
    r"""Print unencodable characters as escapes such as ``\xe9`` instead of raising."""
    for stream in (sys.stdout, sys.stderr):
        # A test or an embedding program may have replaced the stream.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def json_line(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return JSON in one line that standard output can encode.

    Raises
    ------
    ValueError
        When a number is NaN or infinite.
    """
    line = json.dumps(value, allow_nan=False, ensure_ascii=False)
    try:
        line.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, allow_nan=False)
    return line
