// How a mood sounds: the numbers from which bars are written and instruments are set.
//
// The directions are those of the psychology of music: mode, tempo, loudness, register,
// articulation, timbre and contour as cues of felt emotion (Gabrielsson and Lindstrom, Handbook of
// Music and Emotion, 2010, chapter 14; Juslin and Laukka, Psychological Bulletin 129, 2003).

export const SLOWEST = 50;
export const FASTEST = 140;
export const BEATS = 4;

// From bright to dark, each with the lowest valence at which it is chosen.
export const MODES = {
  lydian: { steps: [0, 2, 4, 6, 7, 9, 11], from: 0.75 },
  ionian: { steps: [0, 2, 4, 5, 7, 9, 11], from: 0.2 },
  mixolydian: { steps: [0, 2, 4, 5, 7, 9, 10], from: 0 },
  dorian: { steps: [0, 2, 3, 5, 7, 9, 10], from: -0.2 },
  aeolian: { steps: [0, 2, 3, 5, 7, 8, 10], from: -0.75 },
  phrygian: { steps: [0, 1, 3, 5, 7, 8, 10], from: -Infinity },
};

// A face trembles: a mode is left only when valence is so far beyond its border.
const MODE_INERTIA = 0.06;

/** Return a number held within limits; what is no number becomes the middle. */
export function within(value, lowest, highest) {
  const number = Number(value);
  if (Number.isNaN(number)) return (lowest + highest) / 2;
  return Math.min(Math.max(number, lowest), highest);
}

/** Return how far a value has come from one number to another, 0..1. */
export function share(value, from, to) {
  return within((value - from) / (to - from), 0, 1);
}

/** Return the name of the mode for a valence; the present one stays near its borders. */
export function modeOf(valence, present) {
  const names = Object.keys(MODES);
  const place = names.indexOf(present);
  if (place >= 0) {
    const above = place === 0 ? Infinity : MODES[names[place - 1]].from;
    if (valence >= MODES[present].from - MODE_INERTIA && valence < above + MODE_INERTIA) {
      return present;
    }
  }
  return names.find((name) => valence >= MODES[name].from);
}

/**
 * Return the character of a mood.
 *
 * valence : -1..1
 * energy : 0..1
 *
 * tempo : beats a minute
 * density : melody notes a bar
 * centre, padCentre : MIDI pitches around which melody and chords lie
 * reach : semitones that a melody goes from its centre
 * depth : semitones by which guitars are tuned down
 * legato : share of the time to the next note for which one sounds
 * tilt : scale steps by which a melody rises over a bar; below 0 it falls
 * suspense : probability of a suspension where the voices allow one
 * unrest : probability that a chord has a tone that rubs, and a period an end elsewhere
 * stillness : whether a chord stays for two bars
 * motion : whether a phrase's last bar has two chords
 * colour : probability of sevenths and ninths
 * edge : 0..1, sharpness: power chords, low strings, low drums
 * drums : 0..1, swing : 0.5 (straight) .. 0.6
 * pulse : whether the chords are repeated in quavers, and not held
 * glue : ratio of the compressor that binds the band together
 * bowed : whether strings hold the chords, and not a warm pad
 * pedal : whether the bass stays on the tonic, against the chords
 * detune : cents between a tone and each of two players
 * drive : gain before what distorts guitars and bass
 * padCutoff, leadCutoff, keysCutoff, bassCutoff : Hz, brightness
 * attack : s, of the chords; room : 0..1, share of reverberation
 */
export function characterOf(valence, energy) {
  const v = within(valence, -1, 1);
  const e = within(energy, 0, 1);
  const gloom = Math.max(-v, 0);
  const joy = Math.max(v, 0);
  const sharpness = share(e, 0.35, 0.8) * share(v, -0.05, -0.5);
  return {
    tempo: SLOWEST + (FASTEST - SLOWEST) * e,
    density: 1.4 + 4.6 * e + 0.5 * joy - 0.4 * gloom,
    centre: 65 + 6 * e + 6 * v - 4 * gloom,
    padCentre: 57 + 6 * e + 4 * v - 2 * gloom,
    reach: 9 - 3 * gloom,
    depth: Math.round(4 * gloom),
    legato: within(0.95 - 0.35 * e * (1 + 0.4 * v), 0.4, 0.95),
    tilt: 2.2 * v,
    suspense: within(0.3 - 0.5 * v, 0.04, 0.8),
    unrest: 0.8 * share(v, -0.1, -0.9),
    stillness: v < -0.5 && e < 0.5,
    motion: v > 0.25 && e > 0.4,
    colour: within(0.5 - 0.45 * e + 0.2 * gloom, 0.08, 0.7),
    edge: sharpness,
    drums: share(e, 0.25, 0.7),
    swing: v > 0 ? 0.5 + 0.09 * share(e, 0.25, 0.4) * share(e, 0.8, 0.6) : 0.5,
    pulse: e > 0.6,
    glue: 1 + 5 * share(e, 0.2, 0.9),
    bowed: v < -0.2,
    pedal: v < -0.7,
    detune: 6 + 8 * gloom,
    drive: 1.6 + 3.5 * e + 8 * sharpness,
    padCutoff: 900 * 2 ** (2.5 * e + 0.5 * v + 1.3 * gloom),
    leadCutoff: 1700 * 2 ** (1.8 * e + 0.4 * v + 0.8 * gloom),
    keysCutoff: 2600 * 2 ** (1.9 * e + 0.5 * v),
    bassCutoff: 500 * 2 ** (1.8 * e + 0.3 * gloom),
    attack: 0.9 - 0.75 * e,
    room: 0.42 - 0.36 * e,
  };
}

/** Return the mood between two moods. */
export function between(one, other, part) {
  return {
    valence: one.valence + (other.valence - one.valence) * part,
    energy: one.energy + (other.energy - one.energy) * part,
  };
}

/**
 * Return the mood of a journey at a time.
 *
 * path : points {seconds, valence, energy}, in the order of their times
 */
export function moodAt(path, seconds) {
  const next = path.findIndex((point) => point.seconds > seconds);
  if (next === 0) return between(path[0], path[0], 0);
  if (next < 0) return between(path.at(-1), path.at(-1), 0);
  const [before, after] = [path[next - 1], path[next]];
  return between(before, after, (seconds - before.seconds) / (after.seconds - before.seconds));
}
