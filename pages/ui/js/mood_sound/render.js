// Scores to sound and to files, without waiting for their time to pass.
import { Band } from "./band.js";
import { compose } from "./compose.js";
import { PHRASE } from "./harmony.js";
import { gainOf } from "./levels.js";
import { factor, limit, loudnessAt, loudnessOf } from "./loudness.js";

export const TAIL_S = 4;
// Pieces of a hidden page end with a period of eight bars, after so many seconds at least.
const PIECE_S = 60;
const PIECE_RATE = 24000;
const JOIN_S = 0.012;
const WAV_HEADER = 44;
// Hands are never earlier than so much before a bar.
const EARLY_S = 0.05;
// A single piece is brought to the loudness within these limits of what its mood had foretold.
const LARGEST_CORRECTION = factor(6);

/**
 * Return a score as it leaves the band: AudioBuffer, its tail included.
 *
 * The context pauses at each bar line for the notes of the bar: waiting notes cost as much as
 * sounding ones. Where it cannot pause (Firefox), all wait from the beginning.
 */
export async function played(score, { sampleRate, channels }) {
  const length = Math.ceil((score.seconds + TAIL_S) * sampleRate);
  const context = new OfflineAudioContext(channels, length, sampleRate);
  const band = new Band(context, context.destination);
  let next = 0;
  const write = (bar) => {
    band.shape(bar.character, gainOf(bar.valence, bar.energy), bar.at);
    const end = bar === score.bars.at(-1) ? Infinity : bar.at + bar.seconds + EARLY_S;
    for (; next < score.notes.length && score.notes[next].at < end; next++) {
      band.play(score.notes[next], score.notes[next].at, bar.character);
    }
  };
  for (const bar of score.bars) {
    if (bar.at === 0 || !context.suspend) write(bar);
    else {
      context.suspend(bar.at).then(() => {
        write(bar);
        context.resume();
      });
    }
  }
  return context.startRendering();
}

/** Return the channels of a buffer. */
function channelsOf(buffer) {
  return Array.from({ length: buffer.numberOfChannels }, (_, place) =>
    buffer.getChannelData(place),
  );
}

/** Return the factor that gives the buffer of a score the loudness of its moods. */
function correctionOf(buffer, { bars, seconds }) {
  const heard = loudnessOf(channelsOf(buffer), buffer.sampleRate);
  if (heard === -Infinity) return 1;
  const energy = bars.reduce((sum, bar) => sum + bar.energy * bar.seconds, 0) / seconds;
  const wanted = factor(loudnessAt(energy) - heard);
  return Math.min(Math.max(wanted, 1 / LARGEST_CORRECTION), LARGEST_CORRECTION);
}

/**
 * Return a score as sound.
 *
 * The AudioBuffer is as long as its bars and `TAIL_S`, in which the last notes die away; it is as
 * loud as `loudnessAt` says, and no peak is above the ceiling.
 */
export async function render(score, { sampleRate = 48000, channels = 2 } = {}) {
  const buffer = await played(score, { sampleRate, channels });
  limit(channelsOf(buffer), sampleRate, correctionOf(buffer, score));
  return buffer;
}

/** Return a buffer as a WAV file of 16 bits. */
export function wav(buffer) {
  const channels = channelsOf(buffer);
  const { length, sampleRate } = buffer;
  const frame = 2 * channels.length;
  const view = new DataView(new ArrayBuffer(WAV_HEADER + length * frame));
  const text = (place, letters) => {
    for (const [offset, letter] of [...letters].entries()) {
      view.setUint8(place + offset, letter.charCodeAt(0));
    }
  };
  text(0, "RIFF");
  view.setUint32(4, view.byteLength - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * frame, true);
  view.setUint16(32, frame, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, length * frame, true);
  const samples = new Int16Array(view.buffer, WAV_HEADER);
  for (const [place, channel] of channels.entries()) {
    for (let moment = 0; moment < length; moment++) {
      const sample = Math.min(Math.max(channel[moment], -1), 1);
      samples[moment * channels.length + place] = Math.round(sample * 32767);
    }
  }
  return new Blob([view], { type: "audio/wav" });
}

/**
 * Return pieces that follow each other: WAV files (Blob) with `seconds`, `bars` and `end`.
 *
 * minutes : their sum at least; a path is played to its end
 * path : a journey, as for `compose`
 * from : `end` of what was played before, which is then continued at its next bar
 * ready : called with each piece when it is there, the first one early
 * signal : AbortSignal, after which no further piece is begun
 *
 * Each piece ends at a bar line, and what rings on then is at the beginning of the next one: played
 * without a gap they are one piece, and with a gap there is no click.
 */
export async function renderAhead({
  seed,
  valence,
  energy,
  minutes = 10,
  path = null,
  from = null,
  sampleRate = PIECE_RATE,
  channels = 2,
  ready = () => {},
  signal = null,
}) {
  const least = Math.max(minutes * 60, path?.at(-1).seconds ?? 0);
  const pieces = [];
  let [state, tail, correction, seconds] = [from, null, null, 0];
  while (seconds < least) {
    signal?.throwIfAborted();
    const score = pieceOf({ seed, valence, energy, path, from: state });
    const buffer = await played(score, { sampleRate, channels });
    // One factor for all: no step where they join.
    correction ??= correctionOf(buffer, score);
    const { piece, rest } = joined(buffer, tail, Math.round(score.seconds * sampleRate));
    limit(channelsOf(piece), sampleRate, correction);
    fade(piece);
    const { bars, end } = score;
    pieces.push(Object.assign(wav(piece), { seconds: score.seconds, bars: bars.length, end }));
    ready(pieces.at(-1));
    [state, tail] = [score.end, rest];
    seconds += score.seconds;
  }
  return pieces;
}

/** Return the next bars up to the end of a period. */
function pieceOf({ from, ...wish }) {
  const period = 2 * PHRASE;
  let score = compose({ ...wish, from, bars: period - ((from?.bar ?? 0) % period) });
  while (score.seconds < PIECE_S) {
    const more = compose({ ...wish, from: score.end, bars: period });
    const later = (one) => ({ ...one, at: one.at + score.seconds });
    score = {
      ...more,
      bars: [...score.bars, ...more.bars.map(later)],
      notes: [...score.notes, ...more.notes.map(later)],
      seconds: score.seconds + more.seconds,
    };
  }
  return score;
}

/** Return a buffer cut at a length, with the rest of the one before; and what rings on. */
function joined(buffer, tail, length) {
  const { numberOfChannels, sampleRate } = buffer;
  const piece = new AudioBuffer({ numberOfChannels, length, sampleRate });
  const rest = [];
  for (const [place, samples] of channelsOf(buffer).entries()) {
    const kept = piece.getChannelData(place);
    kept.set(samples.subarray(0, length));
    if (tail) {
      for (let moment = 0; moment < Math.min(tail[place].length, length); moment++) {
        kept[moment] += tail[place][moment];
      }
    }
    rest.push(samples.slice(length));
  }
  return { piece, rest };
}

/** Let a piece begin and end at zero: a player that is late between two makes no click. */
function fade(buffer) {
  const count = Math.round(JOIN_S * buffer.sampleRate);
  for (const samples of channelsOf(buffer)) {
    for (let place = 0; place < count; place++) {
      samples[place] *= place / count;
      samples[samples.length - 1 - place] *= place / count;
    }
  }
}
