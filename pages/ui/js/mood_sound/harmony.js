// Chords: what a phrase goes through, and how its voices move.
import { chance, pick } from "./chance.js";
import { MODES } from "./character.js";

export const PHRASE = 4;
// Chords of a period of eight bars, as degrees of the mode: a first phrase that stays open, and a
// second one that comes home. Diminished triads come where it is dark.
const PLANS = {
  lydian: {
    open: [
      [1, 2, 1, 5],
      [1, 2, 6, 5],
      [1, 5, 1, 2],
      [1, 3, 1, 2],
    ],
    closed: [
      [2, 5, 1, 1],
      [1, 2, 5, 1],
      [6, 2, 1, 1],
      [3, 2, 1, 1],
    ],
  },
  ionian: {
    open: [
      [1, 5, 6, 4],
      [1, 4, 1, 5],
      [1, 3, 4, 5],
      [1, 6, 4, 5],
      [1, 4, 2, 5],
    ],
    closed: [
      [4, 5, 1, 1],
      [2, 5, 1, 1],
      [4, 1, 5, 1],
      [1, 4, 5, 1],
      [6, 4, 5, 1],
    ],
  },
  mixolydian: {
    open: [
      [1, 7, 4, 1],
      [1, 5, 7, 4],
      [1, 4, 7, 4],
      [1, 2, 4, 7],
    ],
    closed: [
      [4, 7, 1, 1],
      [7, 4, 1, 1],
      [6, 4, 7, 1],
      [1, 7, 4, 1],
    ],
  },
  dorian: {
    open: [
      [1, 4, 1, 7],
      [1, 3, 7, 4],
      [1, 2, 4, 7],
      [1, 7, 3, 4],
    ],
    closed: [
      [3, 7, 4, 1],
      [4, 7, 1, 1],
      [2, 4, 7, 1],
      [1, 4, 7, 1],
    ],
  },
  aeolian: {
    open: [
      [1, 4, 1, 2],
      [1, 6, 2, 5],
      [1, 4, 6, 5],
      [1, 5, 1, 4],
    ],
    closed: [
      [6, 4, 5, 1],
      [4, 2, 5, 1],
      [2, 5, 1, 1],
      [4, 1, 5, 1],
    ],
  },
  phrygian: {
    open: [
      [1, 2, 1, 7],
      [1, 4, 1, 2],
      [1, 5, 2, 2],
      [1, 7, 5, 2],
    ],
    closed: [
      [5, 2, 1, 1],
      [4, 2, 1, 1],
      [7, 2, 1, 1],
      [4, 7, 2, 1],
    ],
  },
};
// A chord and those that do its work as well.
const SUBSTITUTES = { lydian: { 1: 6, 6: 3 }, ionian: { 1: 6, 4: 2 }, aeolian: { 1: 6, 4: 6 } };
const SUBSTITUTION = 0.2;
// Minor chords on which a dark period ends when it does not come home.
const AWAY = { dorian: 5, aeolian: 4, phrygian: 7 };
// Keys change by a fifth, up or down, and seldom.
export const SECTION = 32;
const VOICES = 4;
const PAD_RANGE = [47, 79];
const CLOSEST = 2;
// From here upwards, a semitone within a chord rubs; below it growls.
const RUB_FROM = 53;
const WIDEST = 10;

/** Return the letter of a period of eight bars: what returns, and what comes between. */
export function letterOf(bar) {
  return "AABAACBA"[Math.floor(bar / (2 * PHRASE)) % 8];
}

/** Return the pitch class of the tonic in the section of a bar. */
export function tonicOf(seed, bar) {
  let tonic = Math.floor(chance(seed, "tonic")() * 12);
  for (let section = 1; section <= Math.floor(bar / SECTION); section++) {
    tonic += chance(seed, "modulation", section)() < 0.5 ? 7 : 5;
  }
  return tonic % 12;
}

/** Return the pitch classes of a mode on a tonic, from the tonic upwards. */
export function scaleOf(tonic, mode) {
  return MODES[mode].steps.map((step) => (tonic + step) % 12);
}

/** Return whether a period does not come home; the last of a section always does. */
function staysAway(seed, bar, character) {
  if (bar % SECTION >= SECTION - PHRASE) return false;
  return chance(seed, "away", Math.floor(bar / PHRASE))() < character.unrest;
}

/**
 * Return the degrees of a bar, each with its first beat: one or two.
 */
function degreesAt(seed, bar, mode, character) {
  const letter = letterOf(bar);
  const kind = Math.floor(bar / PHRASE) % 2 ? "closed" : "open";
  const plan = pick(chance(seed, "plan", letter, kind, mode), PLANS[mode][kind]);
  const place = bar % PHRASE;
  if (character.stillness) {
    const end = kind === "closed" && place >= 2;
    const home = staysAway(seed, bar, character) ? AWAY[mode] : 1;
    return [{ degree: end ? home : plan[place - (place % 2)], beat: 0 }];
  }
  if (place === 3 && kind === "closed" && staysAway(seed, bar, character)) {
    return [{ degree: AWAY[mode], beat: 0 }];
  }
  let degree = plan[place];
  const random = chance(seed, "substitute", bar);
  if (bar % (2 * PHRASE) !== 0 && place < 3 && random() < SUBSTITUTION) {
    degree = SUBSTITUTES[mode]?.[degree] ?? degree;
  }
  // Bright music moves: an open phrase reaches its end by way of one more chord.
  if (character.motion && place === 3 && kind === "open") {
    const way = mode === "lydian" ? 6 : 4;
    if (degree !== way)
      return [
        { degree: way, beat: 0 },
        { degree, beat: 2 },
      ];
  }
  return [{ degree, beat: 0 }];
}

/** Return a chord of a mode: its pitch classes from the root, and the scale around it. */
function chordOf(degree, tonic, mode, { seventh, ninth, leading, rubs }) {
  let scale = scaleOf(tonic, mode);
  // The dominant of a minor key borrows the leading note where it goes home.
  if (leading) scale = scale.map((pitch, step) => (step === 6 ? (tonic + 11) % 12 : pitch));
  const third = (step) => scale[(degree - 1 + step) % 7];
  const tones = [third(0), third(2), third(4)];
  const rub = rubs ? rubOf(tones, scale) : undefined;
  if (rub !== undefined) tones.push(rub);
  else if (seventh) tones.push(third(6));
  else if (ninth) tones.push(third(1));
  return { degree, root: tones[0], tones, scale, rubs: rub !== undefined };
}

/** Return the tone of a scale that lies a semitone from one of a triad, the third's before others. */
function rubOf([root, third, fifth], scale) {
  const beside = [third - 1, fifth + 1, root + 1, fifth - 1, root - 1].map(
    (one) => (one + 12) % 12,
  );
  return beside.find((one) => scale.includes(one) && ![root, third, fifth].includes(one));
}

/**
 * Return the chords of a bar [{degree, root, tones, scale, beat}]; pitches are classes 0..11.
 */
export function chordsAt(seed, bar, mode, tonic, character) {
  const degrees = degreesAt(seed, bar, mode, character);
  const next = degreesAt(seed, bar + 1, mode, character)[0].degree;
  return degrees.map(({ degree, beat }, place) => {
    const follower = degrees[place + 1]?.degree ?? next;
    const random = chance(seed, "colour", letterOf(bar), bar % (2 * PHRASE), place);
    const coloured = random() < character.colour;
    const scale = scaleOf(tonic, mode);
    const above = (step) => (scale[(degree - 1 + step) % 7] - scale[degree - 1] + 12) % 12;
    const leading = mode === "aeolian" && degree === 5 && follower === 1;
    // A ninth only where it is a whole step, a seventh else: a minor ninth grates.
    const ninth = coloured && above(1) === 2 && random() < 0.5;
    const rubs = !leading && chance(seed, "rub", bar, place)() < character.unrest;
    const options = { seventh: coloured && !ninth && !leading, ninth, leading, rubs };
    return { ...chordOf(degree, tonic, mode, options), beat };
  });
}

/** Return the pitches of a range whose classes are among these, upwards. */
export function pitchesIn(classes, lowest, highest) {
  const found = [];
  for (let pitch = lowest; pitch <= highest; pitch++) {
    if (classes.includes(((pitch % 12) + 12) % 12)) found.push(pitch);
  }
  return found;
}

/** Return what a change of voicing costs: movement, leaps, parallels, and distance from a centre. */
function cost(voicing, before, centre) {
  const mean = voicing.reduce((sum, pitch) => sum + pitch, 0) / voicing.length;
  let total = Math.abs(mean - centre) * 1.5;
  if (before?.length !== voicing.length) return total;
  for (let low = 0; low < voicing.length; low++) {
    const moved = Math.abs(voicing[low] - before[low]);
    total += moved + (moved > 4 ? 3 : 0);
    for (let high = low + 1; high < voicing.length; high++) {
      const now = (voicing[high] - voicing[low]) % 12;
      const then = (before[high] - before[low]) % 12;
      if (now === then && (now === 0 || now === 7) && voicing[low] !== before[low]) total += 5;
    }
  }
  return total;
}

/**
 * Return four pitches for a chord, upwards: all of its tones, near the voicing before, without
 * parallel fifths and octaves where that is possible.
 */
export function voice(chord, before, centre) {
  const pitches = pitchesIn(chord.tones, ...PAD_RANGE);
  let best = null;
  let least = Infinity;
  const extend = (voicing, start) => {
    if (voicing.length === VOICES) {
      const classes = new Set(voicing.map((pitch) => pitch % 12));
      if (classes.size < Math.min(chord.tones.length, VOICES)) return;
      const price = cost(voicing, before, centre);
      if (price < least) [best, least] = [voicing, price];
      return;
    }
    for (let place = start; place < pitches.length; place++) {
      const gap = voicing.length ? pitches[place] - voicing.at(-1) : CLOSEST;
      if (gap > WIDEST) break;
      const closest = chord.rubs && voicing.at(-1) >= RUB_FROM ? 1 : CLOSEST;
      if (gap >= closest) extend([...voicing, pitches[place]], place + 1);
    }
  };
  extend([], 0);
  return best;
}

/**
 * Return which voice is suspended, or -1: one that would fall by a step keeps its pitch at first,
 * a dissonance that was prepared, and resolves.
 */
export function suspended(voicing, before) {
  if (before?.length !== voicing.length) return -1;
  for (let place = voicing.length - 1; place >= 0; place--) {
    const fall = before[place] - voicing[place];
    if ((fall === 1 || fall === 2) && before[place] < (voicing[place + 1] ?? Infinity))
      return place;
  }
  return -1;
}
