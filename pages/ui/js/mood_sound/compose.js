// Bars, one after the other, from a seed and a mood: pure, the same for the same arguments.
import { chance } from "./chance.js";
import { BEATS, characterOf, modeOf, moodAt, within } from "./character.js";
import { chordsAt, scaleOf, suspended, tonicOf, voice } from "./harmony.js";
import { melodyAt } from "./melody.js";
import { bassAt, drumsAt, motionAt } from "./rhythm.js";

const TREMBLE_S = 0.012;
const RESOLUTION_BEAT = 2;
// Largest changes from bar to bar: a mood that jumps is followed within some bars.
const VALENCE_A_BAR = 0.25;
const ENERGY_A_BAR = 0.15;

/** Return what there is before the first bar. */
function beginning(valence, energy) {
  return { bar: 0, seconds: 0, valence, energy, mode: null, voicing: null, last: null };
}

/** Return a value that has come nearer to another, by so much at most. */
function nearer(value, goal, most) {
  return value + within(goal - value, -most, most);
}

/**
 * Return a score.
 *
 * seed : number or text; what makes this piece another than the next
 * valence : -1..1
 * energy : 0..1
 * bars : how many
 * from : `end` of the score before, which this one continues; nothing begins anew
 * path : a journey instead of one mood: points {seconds, valence, energy}, seconds since bar 0
 *
 * The score: {seed, bars, notes, seconds, end}. `bars` are {bar, at, seconds, tempo, tonic, mode,
 * scale, valence, energy, character, chords}; `notes` are {at, seconds, pitch, velocity, voice} in order
 * of time, `at` in seconds since the score began; drums have no pitch.
 */
export function compose({ seed, valence = 0, energy = 0.5, bars = 8, from = null, path = null }) {
  const wish = { valence: within(valence, -1, 1), energy: within(energy, 0, 1) };
  const start = path ? moodAt(path, from?.seconds ?? 0) : wish;
  let state = from ?? beginning(start.valence, start.energy);
  const score = { seed, bars: [], notes: [], seconds: 0, end: state };
  for (let count = 0; count < bars; count++) {
    const goal = path ? moodAt(path, state.seconds) : wish;
    const written = composeBar(seed, state, goal);
    for (const note of written.notes) {
      score.notes.push({ ...note, at: Math.max(note.at + score.seconds, 0) });
    }
    score.bars.push({ ...written.bar, at: score.seconds });
    score.seconds += written.bar.seconds;
    state = written.state;
  }
  score.notes.sort((one, other) => one.at - other.at);
  score.end = state;
  return score;
}

/** Return one bar, its notes, and the state after it. */
function composeBar(seed, state, goal) {
  const { bar } = state;
  const valence = within(nearer(state.valence, goal.valence, VALENCE_A_BAR), -1, 1);
  const energy = within(nearer(state.energy, goal.energy, ENERGY_A_BAR), 0, 1);
  const character = characterOf(valence, energy);
  const mode = modeOf(valence, state.mode);
  const tonic = tonicOf(seed, bar);
  const beat = 60 / character.tempo;
  const chords = chordsAt(seed, bar, mode, tonic, character);
  const next = chordsAt(seed, bar + 1, mode, tonic, character)[0];
  let before = state.voicing;
  const voicings = chords.map((chord) => {
    before = voice(chord, before, character.padCentre);
    return before;
  });
  const { notes: melody, last } = melodyAt(seed, bar, chords, character, state.last);
  const written = [
    ...padAt(seed, bar, chords, voicings, character, state, 0.6 + 0.08 * energy),
    ...melody.map((note) => ({ ...note, voice: leadOf(seed, bar, valence, energy) })),
    ...sparkle(melody, valence, energy),
    ...bassAt(seed, bar, chords, character, energy, next).map((n) => ({ ...n, voice: "bass" })),
    ...motionAt(seed, bar, chords, voicings, character, energy),
    ...drumsAt(seed, bar, character, energy),
  ];
  const seconds = BEATS * beat;
  const named = chords.map(({ degree, root, tones }) => ({ degree, root, tones }));
  const scale = scaleOf(tonic, mode);
  const about = { bar, seconds, tempo: character.tempo, tonic, mode, scale, valence, energy };
  return {
    bar: { ...about, character, chords: named },
    notes: performed(seed, bar, written, character, beat),
    state: {
      bar: bar + 1,
      seconds: state.seconds + seconds,
      valence,
      energy,
      mode,
      voicing: before,
      last,
    },
  };
}

/** Return the held chords of a bar: notes, one voice of which may be suspended at first. */
function padAt(seed, bar, chords, voicings, character, state, velocity) {
  const notes = [];
  // Where guitars are driven, a third between them only blurs.
  const bare = character.edge > 0.5;
  for (const [place, chord] of chords.entries()) {
    const voicing = voicings[place];
    const before = place ? voicings[place - 1] : state.voicing;
    const beats = (chords[place + 1]?.beat ?? BEATS) - chord.beat;
    const wanted = chance(seed, "suspension", bar, place)() < character.suspense;
    const held = wanted && beats > RESOLUTION_BEAT ? suspended(voicing, before) : -1;
    for (const [part, pitch] of voicing.entries()) {
      if (bare && pitch % 12 === chord.tones[1]) continue;
      const note = { voice: "pad", beat: chord.beat, beats, pitch, velocity };
      if (character.pulse) notes.push(...pulses(note, character));
      else if (part !== held) notes.push(note);
      else {
        const rest = beats - RESOLUTION_BEAT;
        notes.push({
          ...note,
          pitch: before[part],
          beats: RESOLUTION_BEAT,
          velocity: velocity + 0.07,
        });
        notes.push({
          ...note,
          beat: chord.beat + RESOLUTION_BEAT,
          beats: rest,
          velocity: velocity - 0.05,
        });
      }
    }
  }
  return notes;
}

/** Return a held note as quavers, with the accents off the beat where the mood is bright. */
function pulses(note, { edge }) {
  return Array.from({ length: note.beats * 2 }, (_, place) => {
    const accent = (place % 2 === 1) === edge < 0.3 ? 0.1 : -0.1;
    const velocity = note.velocity + accent;
    return { ...note, beat: note.beat + place / 2, beats: 0.3, velocity };
  });
}

/** Return which instrument sings: it changes with the period, and with the mood. */
function leadOf(seed, bar, valence, energy) {
  if (energy > 0.6) return "lead";
  if (valence < -0.1) return "reed";
  const first = chance(seed, "lead")() < 0.5;
  const even = Math.floor(bar / 16) % 2 === 0;
  return first === even ? "keys" : "pluck";
}

/** Return the melody's heavy notes an octave higher, on bells, where the mood is bright. */
function sparkle(melody, valence, energy) {
  if (valence < 0.3 || energy > 0.6) return [];
  const heavy = melody.filter((note) => note.beat % 2 === 0);
  const velocity = 0.22 + 0.25 * energy * valence;
  return heavy.map((note) => ({ ...note, pitch: note.pitch + 12, velocity, voice: "bell" }));
}

/** Return notes as they are played, in seconds from the bar: swung, a little early and late. */
function performed(seed, bar, written, character, beat) {
  const random = chance(seed, "hands", bar);
  return written.map(({ beat: place, beats, ...note }) => {
    const off = place % 1;
    const swung = off === 0.5 ? place - off + character.swing : place;
    const firm = note.voice === "pad" || note.voice === "bass" || note.voice === "kick";
    const trembling = firm ? 0 : TREMBLE_S * (random() - 0.5);
    const sounding = note.voice === "pad" ? 1 : character.legato;
    const seconds = beats === undefined ? undefined : beats * beat * sounding;
    return { ...note, at: swung * beat + trembling, seconds };
  });
}
