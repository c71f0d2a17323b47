"""Measure how loud the band is without a gain: ``python -m tests.sound.levels``.

It prints the table that ``pages/ui/js/mood_sound/levels.js`` holds; run it when an instrument, a
level or a pattern has changed.
"""

from __future__ import annotations

from tests.sound.studio import studio

SEEDS = (1, 2, 3)
SECONDS = 16
MEASURE = """async ({ valence, energy, seed, seconds }) => {
  const { played } = await import("/js/mood_sound/render.js");
  const { gainOf } = await import("/js/mood_sound/levels.js");
  const score = sound.scoreOf({ seed, valence, energy, seconds });
  const buffer = await played(score, { sampleRate: 24000, channels: 2 });
  const channels = [buffer.getChannelData(0), buffer.getChannelData(1)];
  return sound.loudnessOf(channels, 24000) - 20 * Math.log10(gainOf(valence, energy));
}"""


def main() -> None:
    """Print a row for each valence, with a column for each energy."""
    with studio() as page:
        valences, energies = page.evaluate(
            """async () => {
              const { VALENCES, ENERGIES } = await import("/js/mood_sound/levels.js");
              return [VALENCES, ENERGIES];
            }"""
        )
        for valence in valences:
            row = []
            for energy in energies:
                wish = {"valence": valence, "energy": energy, "seconds": SECONDS}
                heard = [page.evaluate(MEASURE, {**wish, "seed": seed}) for seed in SEEDS]
                row.append(round(sum(heard) / len(heard), 1))
            print(f"  {row},", flush=True)


if __name__ == "__main__":
    main()
