"""The table of moods against the people who rated faces, and against norms of words.

``python -m models.mood_table`` prints the table of the card.
"""

import math
import sys
from collections.abc import Mapping
from types import MappingProxyType

import click

from models import run
from models.card import table_of
from recommender.mood import CONTEMPT_POINT, EMOTION_POINTS

# expression → mean and standard deviation of valence, then of arousal, of 500 pictures of
# AffectNet's validation set. The pictures are not needed, and not here.
RATINGS: Mapping[str, tuple[float, float, float, float]] = MappingProxyType(
    {
        "neutral": (-0.02, 0.14, -0.02, 0.12),
        "happy": (0.67, 0.17, 0.08, 0.15),
        "sad": (-0.63, 0.23, -0.27, 0.13),
        "surprise": (0.18, 0.18, 0.70, 0.15),
        "fear": (-0.12, 0.07, 0.76, 0.16),
        "disgust": (-0.68, 0.16, 0.45, 0.10),
        "angry": (-0.43, 0.17, 0.55, 0.21),
        "contempt": (-0.51, 0.19, 0.58, 0.12),
    }
)
# emotion → pleasure and arousal of its word: Russell & Mehrabian, Journal of Research in
# Personality 11 (1977) 273-294. The app's table up to models 0.6.
WORD_NORMS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "neutral": (0.0, 0.0),
        "happy": (0.81, 0.51),
        "sad": (-0.63, -0.27),
        "surprise": (0.40, 0.67),
        "fear": (-0.64, 0.60),
        "disgust": (-0.60, 0.35),
        "angry": (-0.51, 0.59),
    }
)


def face_points() -> dict[str, tuple[float, float]]:
    """Return valence and arousal, −1..1, of the app's table by expression."""
    points = {**EMOTION_POINTS, "contempt": CONTEMPT_POINT}
    return {name: (valence, 2 * energy - 1) for name, (valence, energy) in points.items()}


def errors(points: Mapping[str, tuple[float, float]]) -> tuple[float, float]:
    """Return the root mean square errors of valence and arousal against all who rated.

    The expression is taken as known; each expression has the same weight.

    Parameters
    ----------
    points : mapping of expressions to valence and arousal, −1..1
    """
    squares = [
        ((mean_v - points[name][0]) ** 2 + sd_v**2, (mean_a - points[name][1]) ** 2 + sd_a**2)
        for name, (mean_v, sd_v, mean_a, sd_a) in RATINGS.items()
        if name in points
    ]
    valences, arousals = zip(*squares, strict=True)
    return math.sqrt(math.fsum(valences) / len(squares)), math.sqrt(
        math.fsum(arousals) / len(squares)
    )


def lines() -> list[str]:
    """Return the card's table."""
    points = face_points()
    seven = {name: point for name, point in points.items() if name in WORD_NORMS}

    def pair(found: tuple[float, float] | None) -> str:
        return "–" if found is None else "{:+.2f} / {:+.2f}".format(*found)

    rows: list[tuple[object, ...]] = [
        (
            name,
            f"{v:+.2f} ± {sv:.2f} / {a:+.2f} ± {sa:.2f}",
            pair(points[name]),
            pair(WORD_NORMS.get(name)),
        )
        for name, (v, sv, a, sa) in RATINGS.items()
    ]
    rows.append(
        (
            "**error against the raters, the seven**",
            "",
            *("{:.3f} / {:.3f}".format(*errors(table)) for table in (seven, WORD_NORMS)),
        )
    )
    rows.append(("with contempt", "", "{:.3f} / {:.3f}".format(*errors(points)), "–"))
    header = (
        "valence / arousal",
        "500 faces each, mean ± deviation",
        "this table",
        "norms of words (1977)",
    )
    return table_of(header, rows)


@click.command("models.mood_table", help=__doc__)
def command() -> None:
    """Print the table of the card."""
    click.echo("\n".join(lines()))


if __name__ == "__main__":
    sys.exit(run(command))
