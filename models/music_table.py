"""Tables of labelled music clips: 4Q (quadrants of Russell's plane) and Emotify (feelings)."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.types import GEMS_FEELINGS, QUADRANTS
from models import BadInput

# Scale of the word norms of Warriner et al. (Behavior Research Methods 45, 2013).
NORM_LOWEST, NORM_HIGHEST = 1.0, 9.0
NORM_COLUMNS = ("warriner_valence", "warriner_arousal")
MAX_ROWS = 100_000
MAX_CHARACTERS = 1_000

# A row's last line in the file, and its cells by column.
Row = tuple[int, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class MusicTable:
    """Labelled clips; labels that a table lacks are None.

    Attributes
    ----------
    files : names in the table, relative to the folder of the clips
    groups : artist (4Q) or genre (Emotify) of each clip, "" where unknown
    quadrants : int, 0..3 for Q1..Q4 [shape=(n,)]
    norms : mean valence and arousal of the clip's mood words, 1..9 [shape=(n, 2)]; NaN: unknown
    feelings : share of listeners who felt each of `GEMS_FEELINGS`, 0..1 [shape=(n, 9)]
    """

    files: tuple[str, ...]
    groups: tuple[str, ...]
    quadrants: NDArray[np.int64] | None
    norms: NDArray[np.float64] | None
    feelings: NDArray[np.float64] | None

    def rows(self, rows: Sequence[int]) -> MusicTable:
        """Return a table of only these rows."""

        def some(labels: NDArray[Any] | None) -> NDArray[Any] | None:
            return None if labels is None else labels[list(rows)]

        return MusicTable(
            tuple(self.files[row] for row in rows),
            tuple(self.groups[row] for row in rows),
            some(self.quadrants),
            some(self.norms),
            some(self.feelings),
        )


def read_music_table(path: Path) -> MusicTable:
    """Read a ``labels.csv``, in the layout that its columns show.

    Raises
    ------
    BadInput
        When it is missing, not a CSV with a column ``file``, or a label is invalid; the message
        then names the line, counted from 1.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            rows = [(reader.line_num, row) for row in reader]
            columns = reader.fieldnames or ()
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path.name} cannot be read ({error}).") from error
    if "file" not in columns or not 0 < len(rows) <= MAX_ROWS:
        raise BadInput(f"{path.name} is no table of clips: it needs a column file, and rows.")
    group = "artist" if "artist" in columns else "genre"
    return MusicTable(
        files=tuple(_text(path, rows, "file")),
        groups=tuple(row.get(group) or "" for _, row in rows),
        quadrants=_quadrants(path, rows) if "quadrant" in columns else None,
        norms=_numbers(path, rows, NORM_COLUMNS, NORM_LOWEST, NORM_HIGHEST, gaps=True)
        if set(NORM_COLUMNS) <= set(columns)
        else None,
        feelings=_numbers(path, rows, GEMS_FEELINGS, 0.0, 1.0)
        if set(GEMS_FEELINGS) <= set(columns)
        else None,
    )


def _text(path: Path, rows: Sequence[Row], column: str) -> list[str]:
    for line, row in rows:
        if not row[column]:
            raise BadInput(f"Line {line} of {path.name} has no {column}.")
        if len(str(row[column])) > MAX_CHARACTERS:
            raise BadInput(
                f"Line {line} of {path.name} has a {column} of over {MAX_CHARACTERS} characters."
            )
    return [str(row[column]) for _, row in rows]


def _quadrants(path: Path, rows: Sequence[Row]) -> NDArray[np.int64]:
    names = [name.strip().casefold() for name in _text(path, rows, "quadrant")]
    for (line, _), name in zip(rows, names, strict=True):
        if name not in QUADRANTS:
            raise BadInput(f"Line {line} of {path.name} has the quadrant {name[:20]!r}.")
    return np.array([QUADRANTS.index(name) for name in names])


def _numbers(
    path: Path,
    rows: Sequence[Row],
    columns: Sequence[str],
    lowest: float,
    highest: float,
    *,
    gaps: bool = False,
) -> NDArray[np.float64]:
    values = np.full((len(rows), len(columns)), np.nan)
    for place, (line, row) in enumerate(rows):
        for column, name in enumerate(columns):
            text = (row[name] or "").strip()
            if gaps and not text:
                continue
            try:
                value = float(text)
            except ValueError:
                value = np.nan
            if not lowest <= value <= highest:
                raise BadInput(
                    f"Line {line} of {path.name} has {text[:20]!r} as {name}; "
                    f"it must be from {lowest:g} to {highest:g}."
                )
            values[place, column] = value
    return values
