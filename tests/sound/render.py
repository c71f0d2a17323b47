"""Write a piece of mood sound, as a visitor hears it, to a file.

``python -m tests.sound.render --valence 0.6 --energy 0.3 --seed 1 --seconds 60 OUT.wav``: the
shipped JavaScript composes and renders it in Chromium (OfflineAudioContext).
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sound.measure import loudness
from tests.sound.studio import rendered, studio

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S = 1_800


def _within(lowest: float, highest: float) -> Callable[[str], float]:
    """Return a reader of a number within limits."""

    def read(text: str) -> float:
        number = float(text)
        if not (math.isfinite(number) and lowest <= number <= highest):
            raise argparse.ArgumentTypeError(f"{text} is not between {lowest} and {highest}")
        return number

    return read


def main(words: list[str] | None = None) -> None:
    """Read the command line, render and write."""
    parser = argparse.ArgumentParser(prog="python -m tests.sound.render", description=__doc__)
    parser.add_argument("--valence", type=_within(-1, 1), required=True, help="−1..1")
    parser.add_argument("--energy", type=_within(0, 1), required=True, help="0..1")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=_within(1, LONGEST_S), default=60.0)
    parser.add_argument("out", type=Path, metavar="OUT.wav")
    wish = vars(parser.parse_args(words))
    out = wish.pop("out")
    with studio() as page:
        take = rendered(page, wish)
    take.write(out)
    first = take.score["bars"][0]
    heard = loudness(take.samples, take.rate)
    print(
        f"{out}: {wish['seconds']:g} s, {first['mode']} on {first['tonic']}, "
        f"{first['tempo']:.0f} beats a minute, {heard.lufs:.1f} LUFS, {heard.peak:.1f} dBTP"
    )


if __name__ == "__main__":
    main()
