// Melodies: motifs that belong to the seed, and what a bar makes of them.
//
// A motif is a bar of eight quavers. Each quaver has a rank and a place in the contour; a calm mood
// plays the first ranks alone, a lively one more of them, so that a motif is known again in any mood.
import { chance, pick } from "./chance.js";
import { within } from "./character.js";
import { letterOf, PHRASE, pitchesIn, SECTION } from "./harmony.js";

export const QUAVERS = 8;
// How heavy each quaver of a 4/4 bar is (Lerdahl and Jackendoff 1983, in thirds).
const WEIGHTS = [1, 0.2, 0.6, 0.35, 0.8, 0.25, 0.6, 0.45];
const SHAPES = {
  arch: [0, 1, 2, 3, 3, 2, 1, 0],
  valley: [2, 1, 0, -1, -1, 0, 1, 2],
  rise: [0, 0, 1, 1, 2, 3, 3, 4],
  fall: [4, 3, 3, 2, 1, 1, 0, 0],
  turn: [0, 1, 0, -1, 0, 2, 1, 0],
};
// Semitones that a bright melody goes from its centre; a darker one is narrower in all.
const WIDEST = 9;
const LONGEST_BEATS = 3.5;
const ORNAMENT = 0.3;

/** Return a motif of a seed: {ranks, contour}, each of eight quavers. */
export function motifOf(seed, letter, cell) {
  const random = chance(seed, "motif", letter, cell);
  const heavy = WEIGHTS.map((weight) => weight + 0.55 * random());
  const order = heavy.map((_, place) => place).sort((one, other) => heavy[other] - heavy[one]);
  const ranks = [];
  for (const [rank, place] of order.entries()) ranks[place] = rank;
  const shape = SHAPES[pick(random, Object.keys(SHAPES))];
  const contour = shape.map((step) => step + Math.floor(random() * 3) - 1);
  return { ranks, contour };
}

/** Return a motif as a bar of a phrase varies it: as it is, answered, in sequence, turned over. */
function variation(seed, bar) {
  const letter = letterOf(bar);
  const place = bar % PHRASE;
  const motif = motifOf(seed, letter, place % 2);
  const random = chance(seed, "variation", letter, bar % (2 * PHRASE));
  if (place < 2) return motif;
  const change = pick(random, ["sequence", "turned over", "backwards"]);
  if (change === "turned over") return { ...motif, contour: motif.contour.map((step) => 2 - step) };
  if (change === "backwards") return { ...motif, contour: [...motif.contour].reverse() };
  const way = random() < 0.5 ? 1 : -1;
  return { ...motif, contour: motif.contour.map((step) => step + way) };
}

/** Return whether the melody rests in a bar: before a section ends, and in a period between. */
export function rests(bar) {
  if (bar % SECTION >= SECTION - PHRASE) return true;
  return letterOf(bar) === "B" && bar % (2 * PHRASE) < 2;
}

/** Return the pitch of a list that is nearest to another. */
function nearest(pitches, to) {
  return pitches.reduce((best, one) => (Math.abs(one - to) < Math.abs(best - to) ? one : best));
}

/** Return the chord that sounds at a beat. */
export function chordAt(chords, beat) {
  return chords.findLast((chord) => chord.beat <= beat);
}

/** Return the quavers of a bar on which notes begin; the last bar of a phrase breathes out. */
function onsets(seed, bar, motif, density) {
  const random = chance(seed, "density", bar);
  const whole = Math.floor(density);
  let count = whole + (random() < density - whole ? 1 : 0);
  if (bar % PHRASE === PHRASE - 1) count = Math.max(1, Math.round(count * 0.5));
  count = within(count, 1, QUAVERS);
  const places = motif.ranks.map((_, place) => place).filter((p) => motif.ranks[p] < count);
  return bar % PHRASE === PHRASE - 1 ? places.filter((place) => place <= 4 || count > 3) : places;
}

/**
 * Return the melody of a bar: notes {beat, beats, pitch, velocity}, and the last pitch.
 *
 * seed, bar : which motif, and which variation of it
 * chords : of the bar
 * character : of the mood
 * last : the pitch before, or null at the beginning
 */
export function melodyAt(seed, bar, chords, character, last) {
  if (rests(bar)) return { notes: [], last };
  const motif = variation(seed, bar);
  const places = onsets(seed, bar, motif, character.density);
  const random = chance(seed, "melody", bar);
  const [lowest, highest] = [-character.reach, character.reach].map((reach) => {
    return Math.round(character.centre + reach);
  });
  const home = last === null ? character.centre : last + (character.centre - last) * 0.4;
  const closing = bar % (2 * PHRASE) === 2 * PHRASE - 1;
  const notes = [];
  let pitch = home;
  for (const [order, place] of places.entries()) {
    const beat = place / 2;
    const chord = chordAt(chords, beat);
    const scale = pitchesIn(chord.scale, lowest, highest);
    const tones = pitchesIn(chord.tones, lowest, highest);
    const anchor = scale.indexOf(nearest(tones.length ? tones : scale, home));
    const tilt = Math.round(character.tilt * (place / (QUAVERS - 1) - 0.5));
    const contour = Math.round((motif.contour[place] * character.reach) / WIDEST);
    const step = within(anchor + contour + tilt, 0, scale.length - 1);
    pitch = scale[step];
    // Heavy quavers are of the chord; others pass, and a leap is answered by a step.
    if (place % 4 === 0 || order === places.length - 1) pitch = nearest(tones, pitch);
    if (closing && order === places.length - 1)
      pitch = nearest(pitchesIn([chord.root], lowest, highest), pitch);
    const beats = Math.min((places[order + 1] ?? QUAVERS) / 2 - beat, LONGEST_BEATS);
    const accent = place % 4 === 0 ? 0.12 : place % 2 === 0 ? 0.05 : 0;
    const velocity = 0.62 + accent + 0.1 * (random() - 0.5);
    notes.push(...sung({ beat, beats, pitch, velocity }, scale, character, random));
  }
  return { notes, last: pitch };
}

/** Return a note, or the two of a sigh: a step above that falls; gloom sighs, joy seldom. */
function sung(note, scale, character, random) {
  const above = scale[scale.indexOf(note.pitch) + 1];
  const sighs = random() < ORNAMENT * character.suspense * 2;
  if (!sighs || above === undefined || note.beats < 1 || note.beat % 2 !== 0) return [note];
  const held = Math.min(note.beats / 2, 1);
  return [
    { ...note, pitch: above, beats: held },
    { ...note, beat: note.beat + held, beats: note.beats - held, velocity: note.velocity * 0.85 },
  ];
}
