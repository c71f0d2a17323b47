"""Twelve points of the plane, and what is heard there: ``python -m tests.sound.table [--json]``.

Each point is rendered with three seeds by the shipped JavaScript; the 30 s from second 10 are
measured, and heard by our own music model, which never saw such sound. A point is right by two of
three seeds. What is printed is the table of ``docs/mood-sound.md``.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import signal

from detectors.hearing.music import MusicTagger
from detectors.hearing.spectrogram import RATE
from tests.sound import measure
from tests.sound.studio import rendered, studio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

    from tests.sound.studio import Take

VALENCES, ENERGIES, SEEDS = (-0.9, -0.6, -0.3, 0.3, 0.6, 0.9), (0.2, 0.8), (1, 2, 3)
START_S, END_S = 10, 40
OF_THREE = 2
COLUMNS = (
    "asked",
    "seed",
    "LUFS",
    "dBTP",
    "silence",
    "tempo: heard",
    "key heard",
    "in scale",
    "notes, onsets/s",
    "pleasant",
    "intense",
    "place",
    "right",
)
BRIGHT = ("lydian", "ionian", "mixolydian")


@dataclass(frozen=True, slots=True)
class Heard:
    """A take of a point, as asked and as heard.

    Parameters
    ----------
    valence, energy, seed : as asked
    lufs, peak, silence : loudness, true peak in dBTP, longest silence in s
    asked_tempo, tempo : beats a minute
    asked_key, key : tonic 0..11 and "major" or "minor"
    in_scale : share of the sound's pitch classes that lie in the scale asked for
    notes, onsets : notes written and onsets heard, a second
    pleasant, intense : what the model hears: probability of the upper halves of the plane, 0..1
    model_valence, model_energy : the model's place in the plane
    """

    valence: float
    energy: float
    seed: int
    lufs: float
    peak: float
    silence: float
    asked_tempo: float
    tempo: float
    asked_key: tuple[int, str]
    key: tuple[int, str]
    in_scale: float
    notes: float
    onsets: float
    pleasant: float
    intense: float
    model_valence: float
    model_energy: float

    @property
    def valence_right(self) -> bool:
        """Whether the model hears the half of valence that was asked for."""
        return (self.pleasant > 0.5) == (self.valence > 0)

    @property
    def energy_right(self) -> bool:
        """Whether the model hears the half of energy that was asked for."""
        return (self.intense > 0.5) == (self.energy > 0.5)


def hear(take: Take, tagger: MusicTagger, wish: dict[str, float]) -> Heard:
    """Measure a take and let the model hear it."""
    samples = take.between(START_S, END_S)
    mono = samples.mean(axis=0)
    scores = tagger.hear(signal.resample_poly(mono, RATE, take.rate).astype(np.float32))
    first, second, _, fourth = scores.quadrants
    bars = [bar for bar in take.score["bars"] if bar["at"] < END_S]
    first_bar = bars[0]
    notes = [note for note in take.score["notes"] if START_S <= note["at"] < END_S]
    onset_times = {(round(note["at"] * 20)) for note in notes}
    loud = measure.loudness(samples, take.rate)
    shares = measure.chroma(samples, take.rate)
    scale = {tone for bar in bars for tone in bar["scale"]}
    return Heard(
        valence=wish["valence"],
        energy=wish["energy"],
        seed=int(wish["seed"]),
        lufs=loud.lufs,
        peak=loud.peak,
        silence=measure.longest_silence(samples, take.rate),
        asked_tempo=first_bar["tempo"],
        tempo=measure.tempo(samples, take.rate, first_bar["tempo"]),
        asked_key=(first_bar["tonic"], "major" if first_bar["mode"] in BRIGHT else "minor"),
        key=measure.key(shares),
        in_scale=float(sum(shares[tone] for tone in scale)),
        notes=len(onset_times) / (END_S - START_S),
        onsets=measure.onsets_a_second(samples, take.rate),
        pleasant=first + fourth,
        intense=first + second,
        model_valence=scores.valence,
        model_energy=scores.energy,
    )


def table(page: Page, tagger: MusicTagger) -> Iterator[Heard]:
    """Hear all points with all seeds."""
    for valence in VALENCES:
        for energy in ENERGIES:
            for seed in SEEDS:
                wish = {"valence": valence, "energy": energy, "seed": seed, "seconds": END_S}
                yield hear(rendered(page, wish), tagger, wish)


def points_right(heard: list[Heard], judge: str) -> int:
    """Return at how many points two of three seeds are right, by a property of `Heard`."""
    right: dict[tuple[float, float], int] = {}
    for one in heard:
        point = (one.valence, one.energy)
        right[point] = right.get(point, 0) + getattr(one, judge)
    return sum(count >= OF_THREE for count in right.values())


def main(words: list[str] | None = None) -> None:
    """Print the table, a line for each take, and how many points are right."""
    parser = argparse.ArgumentParser(prog="python -m tests.sound.table", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    as_json = parser.parse_args(words).json
    heard = []
    if not as_json:
        print("| " + " | ".join(COLUMNS) + " |")
        print("| --- " * len(COLUMNS) + "|")
    with studio() as page:
        for one in table(page, MusicTagger()):
            heard.append(one)
            if not as_json:
                print(line(one), flush=True)
    summary = {judge: points_right(heard, judge) for judge in ("energy_right", "valence_right")}
    if as_json:
        print(json.dumps({"takes": [asdict(one) for one in heard], **summary}))
    else:
        print(f"\nRight, of {len(VALENCES) * len(ENERGIES)} points: ", end="")
        print(", ".join(f"{name.split('_')[0]} {count}" for name, count in summary.items()))


def line(one: Heard) -> str:
    """Return a take as a line of the table."""
    asked, told = _named(one.asked_key), _named(one.key)
    right = " ".join(
        word if good else f"**not {word}**"
        for word, good in (("V", one.valence_right), ("E", one.energy_right))
    )
    cells = (
        f"{one.valence:+.1f}, {one.energy:.1f}",
        f"{one.seed}",
        f"{one.lufs:.1f}",
        f"{one.peak:.1f}",
        f"{one.silence:.1f} s",
        f"{one.asked_tempo:.0f}: {one.tempo:.0f}",
        asked if asked == told else f"{asked} as {told}",
        f"{one.in_scale:.2f}",
        f"{one.notes:.1f}, {one.onsets:.1f}",
        f"{one.pleasant:.2f}",
        f"{one.intense:.2f}",
        f"{one.model_valence:+.2f}, {one.model_energy:.2f}",
        right,
    )
    return "| " + " | ".join(cells) + " |"


def _named(key: tuple[int, str]) -> str:
    names = ("C", "C#", "D", "E♭", "E", "F", "F#", "G", "A♭", "A", "B♭", "B")
    return f"{names[key[0]]} {key[1]}"


if __name__ == "__main__":
    main()
