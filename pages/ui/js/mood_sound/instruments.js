// Sounds of single notes, computed: an electric piano, a plucked string, bells, short strings, drums.
import { chance } from "./chance.js";

// Roots are so far apart; what lies between plays a root faster or slower.
export const ROOT_STEP = 3;
const PEAK = 0.9;
const FADE_S = 0.012;
const TWO_PI = 2 * Math.PI;

/** Return the frequency of a MIDI pitch, in Hz. */
export function frequencyOf(pitch) {
  return 440 * 2 ** ((pitch - 69) / 12);
}

/** Return a sound at `PEAK` that begins and ends at zero. */
function finished(samples, rate, attack = 0.001) {
  let largest = 1e-9;
  for (const sample of samples) largest = Math.max(largest, Math.abs(sample));
  const [rise, fall] = [Math.ceil(attack * rate), Math.ceil(FADE_S * rate)];
  for (let place = 0; place < samples.length; place++) {
    const ends = Math.min(place / rise, (samples.length - 1 - place) / fall, 1);
    samples[place] *= (PEAK / largest) * ends;
  }
  return samples;
}

/** Return so many seconds of a function of time. */
function drawn(rate, seconds, of) {
  const samples = new Float32Array(Math.ceil(seconds * rate));
  for (let place = 0; place < samples.length; place++) samples[place] = of(place / rate);
  return samples;
}

/** Return white noise, the same for the same name. */
function noise(rate, seconds, name) {
  const random = chance("noise", name);
  return drawn(rate, seconds, () => 2 * random() - 1);
}

/** Filter a sound in place: a one-pole low pass, or what is left above it. */
function filtered(samples, rate, cutoff, { high = false } = {}) {
  const share = 1 - Math.exp((-TWO_PI * Math.min(cutoff, rate * 0.45)) / rate);
  let low = 0;
  for (let place = 0; place < samples.length; place++) {
    low += share * (samples[place] - low);
    samples[place] = high ? samples[place] - low : low;
  }
  return samples;
}

/** An electric piano by frequency modulation (Chowning 1973): a mellow body and a short tine. */
function keys(pitch, rate) {
  const frequency = frequencyOf(pitch);
  const life = 1.5 * 2 ** ((60 - pitch) / 22);
  const tine = frequency * 14 < rate * 0.45 ? 14 : 7;
  const index = 1.15 * 2 ** ((60 - pitch) / 30);
  const samples = drawn(rate, Math.min(life * 3, 4.5), (time) => {
    const phase = TWO_PI * frequency * time;
    const bite = index * Math.exp(-time / (life * 0.35));
    const body = Math.sin(phase + bite * Math.sin(phase)) * Math.exp(-time / life);
    const bar =
      frequency * tine < rate * 0.45 ? Math.sin(phase * tine) * Math.exp(-time / 0.05) : 0;
    return body + 0.05 * bar;
  });
  return finished(samples, rate, 0.003);
}

/**
 * A plucked string (Karplus and Strong 1983, tuned by Jaffe and Smith).
 *
 * bright : Hz, how hard it is plucked; ring : s, how long it sounds at middle C
 */
function string(pitch, rate, { bright, ring, name }) {
  const frequency = frequencyOf(pitch);
  const period = rate / frequency - 0.5;
  const whole = Math.floor(period - 0.2);
  const part = period - whole;
  const tuning = (1 - part) / (1 + part);
  const seconds = Math.min(3, ring * 2 ** ((60 - pitch) / 24));
  const loss = 10 ** (-3 / (frequency * seconds * 1.1));
  const burst = noise(rate, whole / rate + 0.001, `${name} ${pitch}`).subarray(0, whole);
  filtered(burst, rate, bright + frequency * 2);
  const mean = burst.reduce((sum, sample) => sum + sample, 0) / whole;
  const line = burst.map((sample) => sample - mean);
  // A string that is plucked at a fifth of its length lacks each fifth partial.
  const comb = Math.floor(whole / 5);
  const loop = line.map((sample, place) => sample - line[(place + whole - comb) % whole] * 0.8);
  const samples = new Float32Array(Math.ceil(seconds * rate));
  let [before, allIn, allOut] = [0, 0, 0];
  for (let place = 0; place < samples.length; place++) {
    const sample = loop[place % whole];
    const damped = loss * 0.5 * (sample + before);
    before = sample;
    allOut = tuning * (damped - allOut) + allIn;
    allIn = damped;
    loop[place % whole] = allOut;
    samples[place] = sample;
  }
  return finished(samples, rate, 0.002);
}

/** A small bell: two partials and a soft third. */
function bell(pitch, rate) {
  const frequency = frequencyOf(pitch);
  const partials = [
    [1, 1, 0.9],
    [2.756, 0.28, 0.35],
    [5.404, 0.08, 0.15],
  ];
  const samples = drawn(rate, 2.2, (time) => {
    let sum = 0;
    for (const [ratio, level, life] of partials) {
      if (frequency * ratio > rate * 0.45) continue;
      sum += level * Math.sin(TWO_PI * frequency * ratio * time) * Math.exp(-time / life);
    }
    return sum;
  });
  return finished(samples, rate, 0.003);
}

/** Three low strings, a little apart, bowed short. */
function strings(pitch, rate) {
  const frequency = frequencyOf(pitch);
  const top = Math.min(5000, rate * 0.4);
  const table = new Float32Array(2048);
  for (let partial = 1; partial * frequency < top && partial < 60; partial++) {
    const level = 1 / partial ** 1.15;
    for (let place = 0; place < table.length; place++) {
      table[place] += level * Math.sin((TWO_PI * partial * place) / table.length);
    }
  }
  const apart = [0.9965, 1, 1.0041].map((ratio, player) => ({ ratio, phase: player * 0.31 }));
  const samples = drawn(rate, 0.7, (time) => {
    let sum = 0;
    for (const { ratio, phase } of apart) {
      const place = ((frequency * ratio * time + phase) % 1) * table.length;
      const left = Math.floor(place);
      const right = (left + 1) % table.length;
      sum += table[left] + (table[right] - table[left]) * (place - left);
    }
    return sum * Math.exp(-time / 0.28);
  });
  return finished(samples, rate, 0.012);
}

/** A drum's skin: a sine that falls from one frequency to another. */
function skin(rate, { from, to, bend, life, seconds, click = 0 }) {
  const hiss = filtered(noise(rate, seconds, `skin ${from}`), rate, 3000);
  const samples = drawn(rate, seconds, (time) => {
    const phase = to * time + (from - to) * bend * (1 - Math.exp(-time / bend));
    const stroke = click * hiss[Math.floor(time * rate)] * Math.exp(-time / 0.006);
    return Math.sin(TWO_PI * phase) * Math.exp(-time / life) + stroke;
  });
  return finished(samples, rate, 0.002);
}

/** Noise of a drum: what lies between two frequencies, rising and dying away. */
function hiss(rate, { low, high, rise, life, seconds, body = 0 }, name) {
  const samples = noise(rate, seconds, name);
  filtered(filtered(samples, rate, low, { high: true }), rate, high);
  for (let place = 0; place < samples.length; place++) {
    const time = place / rate;
    samples[place] *= Math.min(time / rise, 1) * Math.exp(-Math.max(time - rise, 0) / life);
    if (body) samples[place] += body * Math.sin(TWO_PI * 190 * time) * Math.exp(-time / 0.06);
  }
  return finished(samples, rate);
}

const pluck = (pitch, rate) => string(pitch, rate, { bright: 2600, ring: 2.4, name: "pluck" });
const guitar = (pitch, rate) => string(pitch, rate, { bright: 6000, ring: 3, name: "guitar" });

export const TUNED = { keys, pluck, guitar, bell, strings };
const HISSES = {
  brush: { low: 900, high: 5200, rise: 0.014, life: 0.085, seconds: 0.4 },
  snare: { low: 700, high: 7500, rise: 0.001, life: 0.075, seconds: 0.35, body: 0.3 },
  clap: { low: 900, high: 3800, rise: 0.006, life: 0.07, seconds: 0.35 },
  crash: { low: 3200, high: 12000, rise: 0.002, life: 0.45, seconds: 1.8 },
  open: { low: 5200, high: 11500, rise: 0.001, life: 0.13, seconds: 0.6 },
  hat: { low: 6500, high: 11000, rise: 0.001, life: 0.03, seconds: 0.15 },
  shaker: { low: 4500, high: 9000, rise: 0.022, life: 0.03, seconds: 0.2 },
};
const SKINS = {
  kick: { from: 135, to: 50, bend: 0.028, life: 0.13, seconds: 0.5, click: 0.25 },
  tom: { from: 150, to: 88, bend: 0.05, life: 0.17, seconds: 0.6, click: 0.2 },
};
export const DRUMS = [...Object.keys(HISSES), ...Object.keys(SKINS)];

/** Return the sound of a drum, float mono. */
export function drum(name, rate) {
  return name in SKINS ? skin(rate, SKINS[name]) : hiss(rate, HISSES[name], name);
}

/** Return the pitch of the root that plays a pitch. */
export function rootOf(pitch) {
  return Math.round(pitch / ROOT_STEP) * ROOT_STEP;
}

/**
 * Return a hall: the impulse response of a room, two channels of noise that die away, the high
 * frequencies first.
 */
export function hall(rate, seconds = 2.6) {
  return ["left", "right"].map((side) => {
    const samples = noise(rate, seconds, `hall ${side}`);
    let low = 0;
    for (let place = 0; place < samples.length; place++) {
      const time = place / rate;
      const cutoff = 900 + 5200 * Math.exp(-time / 0.5);
      low +=
        (1 - Math.exp((-TWO_PI * Math.min(cutoff, rate * 0.4)) / rate)) * (samples[place] - low);
      const early = Math.min(Math.max(time - 0.012, 0) / 0.03, 1);
      samples[place] = low * early * Math.exp(-time / (seconds / 6));
    }
    return finished(samples, rate);
  });
}

/** Return the partials of the held voices (for a PeriodicWave), the first at index 1. */
export function partials(name) {
  const soft = (power, count) => {
    return Float32Array.from({ length: count }, (_, place) => (place ? 1 / place ** power : 0));
  };
  if (name === "sharp") return soft(1.05, 40);
  if (name === "bass") return Float32Array.from([0, 1, 0.5, 0.3, 0.15, 0.08, 0.04]);
  // The body of a bowed string answers its upper partials more than its fundamental.
  if (name === "bowed") {
    return soft(0.85, 32).map((level, place) => (place === 1 ? 0.5 : level));
  }
  if (name === "reed") {
    return Float32Array.from([0, 0.6, 1, 0.75, 0.6, 0.42, 0.3, 0.25, 0.18, 0.14, 0.1, 0.07]);
  }
  return soft(1.35, 24);
}
