// Loudness and peaks: what is measured, and the two limiters.

// Calm music is a little softer than lively music, within 2 dB of -18 LUFS.
const SOFTEST_LUFS = -19.6;
const LOUDEST_LUFS = -16.3;
// Samples stay a decibel below the peak that is allowed, for what lies between them.
export const CEILING_DB = -2;
const BLOCK_S = 0.4;
const SILENT_LUFS = -70;
const GATE_LU = 10;
const LOOK_AHEAD_S = 0.005;
const RELEASE_S = 0.12;
const COMPRESSOR = { threshold: -9, knee: 0, ratio: 20, attack: 0.003, release: 0.2 };

/** Return the loudness that music of an energy 0..1 has, in LUFS. */
export function loudnessAt(energy) {
  return SOFTEST_LUFS + (LOUDEST_LUFS - SOFTEST_LUFS) * energy;
}

/** Return the factor of so many decibels. */
export function factor(decibels) {
  return 10 ** (decibels / 20);
}

/** Return the two filters of ITU-R BS.1770-4 for a sample rate, each [b0, b1, b2, a1, a2]. */
function weighting(rate) {
  const shelf = Math.tan((Math.PI * 1681.974450955533) / rate);
  const high = factor(3.999843853973347);
  const band = high ** 0.4996667741545416;
  const first = shelf / 0.7071752369554196;
  const below = 1 + first + shelf * shelf;
  const pass = Math.tan((Math.PI * 38.13547087602444) / rate);
  const second = pass / 0.5003270373238773;
  const under = 1 + second + pass * pass;
  return [
    [
      (high + band * first + shelf * shelf) / below,
      (2 * (shelf * shelf - high)) / below,
      (high - band * first + shelf * shelf) / below,
      (2 * (shelf * shelf - 1)) / below,
      (1 - first + shelf * shelf) / below,
    ],
    [1, -2, 1, (2 * (pass * pass - 1)) / under, (1 - second + pass * pass) / under],
  ];
}

/** Return a sound through a filter of the second order. */
function through(samples, [b0, b1, b2, a1, a2]) {
  const filtered = new Float32Array(samples.length);
  let [x1, x2, y1, y2] = [0, 0, 0, 0];
  for (let place = 0; place < samples.length; place++) {
    const sample = samples[place];
    const result = b0 * sample + b1 * x1 + b2 * x2 - a1 * y1 - a2 * y2;
    [x2, x1, y2, y1] = [x1, sample, y1, result];
    filtered[place] = result;
  }
  return filtered;
}

/** Return the integrated loudness of channels, in LUFS (ITU-R BS.1770-4); silence is -Infinity. */
export function loudnessOf(channels, rate) {
  const hop = Math.round((BLOCK_S / 4) * rate);
  const count = Math.max(Math.floor(channels[0].length / hop), 1);
  const powers = new Float64Array(count);
  for (const channel of channels) {
    const heard = weighting(rate).reduce(through, channel);
    for (let place = 0; place < count * hop && place < heard.length; place++) {
      powers[Math.floor(place / hop)] += heard[place] ** 2 / hop;
    }
  }
  const blocks = [];
  for (let start = 0; start + 4 <= count; start++) {
    blocks.push((powers[start] + powers[start + 1] + powers[start + 2] + powers[start + 3]) / 4);
  }
  const level = (power) => -0.691 + 10 * Math.log10(power);
  const mean = (list) => list.reduce((sum, power) => sum + power, 0) / list.length;
  const sounding = blocks.filter((power) => level(power) > SILENT_LUFS);
  if (!sounding.length) return -Infinity;
  const gate = level(mean(sounding)) - GATE_LU;
  return level(mean(sounding.filter((power) => level(power) > gate)));
}

/**
 * Multiply channels by a gain and hold them below the ceiling, in place.
 *
 * A peak is seen `LOOK_AHEAD_S` before it comes, and the gain has sunk smoothly when it is there.
 */
export function limit(channels, rate, gain) {
  const ceiling = factor(CEILING_DB);
  const length = channels[0].length;
  const ahead = Math.round(LOOK_AHEAD_S * rate);
  const back = 1 - Math.exp(-1 / (RELEASE_S * rate));
  const wanted = new Float32Array(length + ahead).fill(1);
  for (let place = 0; place < length; place++) {
    let peak = 0;
    for (const channel of channels) peak = Math.max(peak, Math.abs(channel[place] * gain));
    if (peak <= ceiling) continue;
    for (let before = Math.max(place - ahead, 0); before <= place; before++) {
      wanted[before] = Math.min(wanted[before], ceiling / peak);
    }
  }
  let held = 1;
  for (let place = 0; place < length; place++) {
    held = Math.min(wanted[place], held + back * (1 - held));
    wanted[place] = held;
  }
  // The mean over the time ahead is nowhere above what its last moment needs.
  let sum = ahead;
  for (let place = 0; place < length; place++) {
    sum += wanted[place] - (place >= ahead ? wanted[place - ahead] : 1);
    const turn = gain * Math.min(sum / ahead, 1);
    for (const channel of channels) channel[place] *= turn;
  }
}

/** Return the limiter of a live context, {input, output}: a fast compressor, and a ceiling. */
export function liveLimiter(context) {
  const input = new DynamicsCompressorNode(context, COMPRESSOR);
  // The node adds a gain of its own, by its specification this one; it is taken back.
  const full = COMPRESSOR.threshold * (1 - 1 / COMPRESSOR.ratio);
  const taken = new GainNode(context, { gain: factor(0.6 * full) });
  const output = new WaveShaperNode(context, { curve: ceilingCurve() });
  input.connect(taken).connect(output);
  return { input, output };
}

/** Return a curve that is straight up to half of full scale, and never leaves the ceiling. */
function ceilingCurve() {
  const ceiling = factor(CEILING_DB);
  const straight = 0.5;
  const room = ceiling - straight;
  return Float32Array.from({ length: 4097 }, (_, place) => {
    const input = place / 2048 - 1;
    const beyond = Math.abs(input) - straight;
    if (beyond <= 0) return input;
    return Math.sign(input) * (straight + room * Math.tanh(beyond / room));
  });
}
