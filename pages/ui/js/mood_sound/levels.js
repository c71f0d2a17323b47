// How loud the band is at a mood, measured, and the gain that gives it the loudness asked for.
import { share, within } from "./character.js";
import { factor, loudnessAt } from "./loudness.js";

// Loudness in LUFS of the band without a gain, the mean of three seeds (python -m tests.sound.levels):
// a row for each valence, a column for each energy.
export const VALENCES = [-1, -0.4, 0.4, 1];
export const ENERGIES = [0, 0.2, 0.4, 0.6, 0.8, 1];
const MEASURED = [
  [-23.1, -22.2, -16.3, -13.7, -11.9, -11.8],
  [-22.8, -21.9, -16.3, -13.7, -12.1, -12.1],
  [-20.6, -19.0, -15.8, -14.0, -13.1, -12.9],
  [-20.5, -19.1, -15.8, -14.0, -13.1, -13.0],
];

/** Return a row's number at a place between its columns. */
function interpolated(places, values, at) {
  const after = places.findIndex((place) => place >= within(at, places[0], places.at(-1)));
  if (after === 0) return values[0];
  const part = share(at, places[after - 1], places[after]);
  return values[after - 1] + (values[after] - values[after - 1]) * part;
}

/** Return the gain of the band at a mood, so that it is as loud as `loudnessAt` says. */
export function gainOf(valence, energy) {
  const rows = MEASURED.map((row) => interpolated(ENERGIES, row, energy));
  return factor(loudnessAt(energy) - interpolated(VALENCES, rows, valence));
}
