"""The commands of ``python -m recommender``, one a module, and how they print.

Streams were not made for names that are no text, nor for letters that they cannot write.
"""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from recommender.text import format_duration

if TYPE_CHECKING:
    from argparse import ArgumentParser, _SubParsersAction


Subparsers: TypeAlias = "_SubParsersAction[ArgumentParser]"


def show_progress(done: int, total: int, what: str = "lines", left_s: float | None = None) -> None:
    """Show a command's progress on a terminal.

    Parameters
    ----------
    left_s : float, estimated seconds left; None when unknown
    """
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        left = (
            f", about {format_duration(left_s)} left" if left_s is not None and done < total else ""
        )
        # The escape sequence clears the rest of a longer line.
        print(f"\r  {done:,} of {total:,} {what}{left}\x1b[K", end=end, file=sys.stderr, flush=True)


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
