// What carries the melody: bass, broken chords, ostinati and drums, on a grid of semiquavers.
import { chance, pick } from "./chance.js";
import { share } from "./character.js";
import { PHRASE, pitchesIn, SECTION } from "./harmony.js";
import { chordAt } from "./melody.js";

export const GRID = 16;
const STEP = 0.25;
const QUAVERS = [0, 2, 4, 6, 8, 10, 12, 14];
const BASS_RANGE = [33, 47];
// From calm to lively; a pattern is [semiquaver, beats, interval of the chord: 0 root, 1 fifth, 2 octave].
const BASS = [
  { from: 0, notes: [[0, 4, 0]] },
  {
    from: 0.3,
    notes: [
      [0, 2, 0],
      [8, 2, 1],
    ],
  },
  {
    from: 0.5,
    notes: [
      [0, 1.5, 0],
      [6, 0.5, 0],
      [8, 1.5, 1],
      [14, 0.5, 2],
    ],
  },
  {
    from: 0.68,
    notes: [
      [0, 0.75, 0],
      [4, 0.5, 2],
      [6, 0.5, 0],
      [8, 0.75, 1],
      [11, 0.5, 0],
      [14, 0.5, 2],
    ],
  },
  { from: 0.76, notes: QUAVERS.map((step) => [step, 0.45, step % 4 ? 2 : 0]) },
];
const DRIVEN_BASS = QUAVERS.map((step) => [step, 0.45, 0]);
// Orders in which a chord of four voices is broken.
const BROKEN = [
  [0, 1, 2, 3],
  [0, 2, 1, 3],
  [0, 2, 3, 2],
  [3, 1, 2, 0],
  [0, 3, 2, 1],
];
const STROKES = [[0, 4, 6, 10, 12, 14], [0, 3, 6, 8, 11, 14], [0, 4, 8, 10, 12, 14], QUAVERS];
const STROKE_BEATS = 0.012;
const GROUPS = [
  [0, 3, 6, 8, 11, 14],
  [0, 3, 6, 9, 12, 14],
  [0, 4, 6, 8, 12, 14],
];

/** Return the bass of a bar: notes {beat, beats, pitch, velocity}. */
export function bassAt(seed, bar, chords, character, energy, next) {
  const driven = character.edge > 0.35;
  const pattern = driven ? DRIVEN_BASS : BASS.findLast((one) => energy >= one.from).notes;
  const random = chance(seed, "bass", bar);
  const notes = pattern.map(([step, beats, interval]) => {
    const chord = chordAt(chords, step * STEP);
    const home = character.pedal ? chord.scale[0] : chord.root;
    const root = pitchesIn([home], ...BASS_RANGE)[0];
    const fifth = pitchesIn([character.pedal ? home : chord.tones[2]], root, root + 11)[0];
    const pitch = [root, fifth > BASS_RANGE[1] ? fifth - 12 : fifth, root + 12][interval];
    const velocity = 0.5 + 0.34 * energy + (step % 8 === 0 ? 0.08 : 0) + 0.06 * (random() - 0.5);
    return { beat: step * STEP, beats, pitch, velocity };
  });
  // The last quaver leads to the next root by a step of the scale.
  const last = notes.at(-1);
  if (!character.pedal && last.beat >= 3.5 && random() < 0.5) {
    const goal = pitchesIn([next.root], ...BASS_RANGE)[0];
    const way = goal > last.pitch ? -1 : 1;
    const scale = chordAt(chords, 3.5).scale;
    last.pitch =
      pitchesIn(scale, goal - 3, goal + 3).findLast((one) => (goal - one) * way < 0) ?? goal;
  }
  if (chords.length > 1 && pattern.length === 1 && !character.pedal) {
    notes[0].beats = 2;
    notes.push({ ...notes[0], beat: 2, pitch: pitchesIn([chords[1].root], ...BASS_RANGE)[0] });
  }
  return notes;
}

/**
 * Return what plays the chords in motion: notes {beat, beats, pitch, velocity, voice}.
 *
 * Calm: an electric piano breaks the chord; livelier: a plucked string; lively and bright: struck
 * chords off the beat; lively and dark: low strings, repeated.
 */
export function motionAt(seed, bar, chords, voicings, character, energy) {
  const random = chance(seed, "motion", Math.floor(bar / (2 * PHRASE)));
  const order = pick(random, BROKEN);
  const strokes = pick(random, STROKES);
  const groups = pick(random, GROUPS);
  const human = chance(seed, "touch", bar);
  const touch = () => 0.08 * (human() - 0.5);
  const voicingAt = (beat) => voicings[chords.indexOf(chordAt(chords, beat))];
  const notes = [];
  const broken = (steps, voice, velocity, beats) => {
    for (const [place, step] of steps.entries()) {
      const beat = step * STEP;
      const pitch = voicingAt(beat)[order[place % order.length]];
      notes.push({ beat, beats, pitch, velocity: velocity + touch(), voice });
    }
  };
  const calm = character.bowed ? "pluck" : "keys";
  if (energy < 0.34)
    broken(
      energy < 0.15 || character.bowed ? [0, 4, 8, 12] : QUAVERS,
      calm,
      character.bowed ? 0.52 : 0.42,
      3,
    );
  else if (energy < 0.58) broken(QUAVERS, "pluck", 0.46, 1);
  if (energy >= 0.58 && character.edge < 0.5) {
    for (const step of strokes) notes.push(...strum(voicingAt(step * STEP), step, 0.5 + touch()));
  }
  if (character.edge >= 0.3) {
    for (let step = 0; step < GRID; step += 2) {
      const chord = chordAt(chords, step * STEP);
      const accent = groups.includes(step);
      const velocity = 0.42 + 0.2 * character.edge + (accent ? 0.15 : 0);
      notes.push(...power(chord, step, velocity, accent, character.depth));
    }
  }
  if (character.edge > 0.15) {
    const strength = 0.35 + 0.4 * character.edge;
    let accents = 0;
    for (let step = 0; step < GRID; step += energy > 0.7 ? 1 : 2) {
      const beat = step * STEP;
      const chord = chordAt(chords, beat);
      const root = pitchesIn([chord.root], 45, 56)[0];
      const accent = groups.includes(step);
      // Accents turn about the fifth: the step above it, a half one in dark modes, and back.
      const turning = accent && accents++ % 2 === 1;
      const fifth = pitchesIn([chord.tones[2]], root, root + 11)[0];
      const upper = turning ? pitchesIn(chord.scale, fifth + 1, fifth + 3)[0] : fifth;
      const velocity = strength * (accent ? 0.92 : 0.7) + touch();
      notes.push({ beat, beats: 0.22, pitch: accent ? upper : root, velocity, voice: "strings" });
    }
  }
  return notes;
}

/** Return a stroke over the strings of a guitar, up or down: its notes follow each other at once. */
function strum(voicing, step, velocity) {
  const down = step % 4 === 0;
  const strings = down ? voicing : voicing.toReversed();
  return strings.map((pitch, place) => ({
    beat: step * STEP + place * STROKE_BEATS,
    beats: down ? 1.2 : 0.7,
    pitch,
    velocity: velocity + (down ? 0.08 : 0),
    voice: "guitar",
  }));
}

/** Return a power chord: root, fifth and octave of a driven guitar, damped where it has no accent. */
function power(chord, step, velocity, accent, depth) {
  const root = pitchesIn([chord.root], 40 - depth, 51 - depth)[0];
  const fifth = pitchesIn([chord.tones[2]], root, root + 11)[0];
  const pitches = accent ? [root, fifth, root + 12] : [root, fifth];
  const beats = accent ? 0.8 : 0.3;
  return pitches.map((pitch) => ({ beat: step * STEP, beats, pitch, velocity, voice: "guitar" }));
}

/** Return the drums of a bar: hits {beat, velocity, voice}. */
export function drumsAt(seed, bar, character, energy) {
  const level = character.drums;
  if (level <= 0.02 || (bar === 0 && energy < 0.6)) return [];
  const random = chance(seed, "drums", bar);
  const hits = [];
  const hit = (voice, step, velocity) => {
    const human = 1 + 0.16 * (random() - 0.5);
    hits.push({ voice, beat: step * STEP, velocity: Math.min(velocity * human, 1) });
  };
  // Before a section ends the drums thin out, and come back with the new key.
  const thin = bar % SECTION >= SECTION - PHRASE;
  const lively = share(energy, 0.45, 0.7);
  const back = energy < 0.62 ? "brush" : "snare";
  if (lively > 0 && !thin) {
    for (const step of kicks(character, energy, random)) hit("kick", step, 0.45 + 0.35 * lively);
  }
  for (const step of [4, 12])
    hit(back, step, (thin ? 0.4 : 0.45 + 0.45 * lively) * (0.4 + 0.6 * level));
  const every = energy > 0.7 ? 1 : 2;
  const voice = energy < 0.5 ? "shaker" : "hat";
  for (let step = 0; step < GRID; step += every) {
    const accent = step % 4 === 2 ? 1 : step % 2 === 0 ? 0.7 : 0.4;
    hit(voice, step, (0.42 + 0.2 * lively) * accent * level);
  }
  // Open cymbals: off the beat where it dances, on each beat where it is dark.
  if (energy > 0.68 && !thin) {
    const steps = character.edge > 0.3 ? [0, 4, 8, 12] : [2, 6, 10, 14];
    for (const step of steps) hit("open", step, 0.45 + 0.2 * lively);
  }
  const often = character.edge > 0.3 ? PHRASE : 2 * PHRASE;
  if (energy > 0.6 && bar % often === 0) hit("crash", 0, 0.4 + 0.3 * lively);
  if (energy > 0.7 && character.edge < 0.3 && !thin) {
    for (const step of [4, 12]) hit("clap", step, 0.6);
  }
  if (character.edge > 0.2 && !thin) {
    for (const step of [3, 6, 11, 14]) hit("tom", step, 0.6 * character.edge);
  }
  if (bar % PHRASE === PHRASE - 1 && energy > 0.55) {
    for (const step of [13, 14, 15])
      hit(character.edge > 0.2 ? "tom" : back, step, 0.2 + 0.08 * (step - 12));
  }
  return hits;
}

/** Return the semiquavers of the bass drum: four to the bar where it dances, else on one and three. */
function kicks(character, energy, random) {
  if (character.edge > 0.35) return energy > 0.6 ? [0, 3, 8, 10] : [0, 8];
  if (energy > 0.72) return [0, 4, 8, 12];
  return random() < 0.4 ? [0, 8, 10] : [0, 8];
}
