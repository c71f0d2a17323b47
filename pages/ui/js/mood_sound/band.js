// The band: a graph of Web Audio nodes that plays the notes of scores, live or into a buffer.
import { DRUMS, drum, frequencyOf, hall, partials, rootOf, TUNED } from "./instruments.js";

// Level of each voice (linear), its place from left to right, and its share of the room.
const MIX = {
  pad: { level: 0.085, pan: 0, room: 0.9 },
  keys: { level: 0.3, pan: -0.22, room: 0.7 },
  pluck: { level: 0.9, pan: 0.28, room: 0.7 },
  bell: { level: 0.36, pan: 0.15, room: 1.2 },
  guitar: { level: 1.6, pan: 0.22, room: 0.35, after: 0.12, drive: 1 },
  lead: { level: 0.5, pan: -0.05, room: 0.6, after: 0.22, drive: 0.5 },
  reed: { level: 0.2, pan: -0.08, room: 1 },
  strings: { level: 0.48, pan: -0.12, room: 0.5 },
  bass: { level: 0.5, pan: 0, room: 0.08, after: 0.22, drive: 0.4 },
  drums: { level: 0.5, pan: 0.05, room: 0.3 },
};
const DRUM_LEVEL = {
  kick: 1.1,
  snare: 1.7,
  brush: 2.6,
  hat: 1.7,
  open: 1.35,
  clap: 1.1,
  crash: 1.3,
  shaker: 3.2,
  tom: 1.05,
};
const HELD = { pad: "soft", lead: "sharp", reed: "reed", bass: "bass" };
const ATTACK_S = { lead: 0.025, reed: 0.07, bass: 0.012 };
const SINGING = ["lead", "reed"];
const CUTOFF = {
  pad: "padCutoff",
  keys: "keysCutoff",
  pluck: "keysCutoff",
  lead: "leadCutoff",
  reed: "leadCutoff",
  bass: "bassCutoff",
};
// A loudspeaker of a guitar plays nothing above.
const CABINET_HZ = 6200;
// Driven guitars are taken back where they would only be boxy.
const BOX = { type: "peaking", frequency: 420, Q: 0.8, gain: -7 };
const TOUCH = 1.5;
const GLIDE_S = 0.35;
// Where the chords are so bright, they have the partials for it.
const BRIGHT_HZ = 2000;
// Time constants with which notes die away when they end; silence comes six of them later.
const RELEASE_S = {
  pad: 0.28,
  guitar: 0.05,
  lead: 0.06,
  reed: 0.07,
  bass: 0.05,
  keys: 0.12,
  pluck: 0.16,
  bell: 0.3,
  strings: 0.06,
};
const GLUE = { threshold: -26, knee: 10, ratio: 1, attack: 0.008, release: 0.12 };
const PULSE_S = 0.014;
const VIBRATO_HZ = 5.1;
const VIBRATO_CENTS = 9;

/**
 * The instruments of one context.
 *
 * context : BaseAudioContext
 * output : AudioNode, where their sum goes
 */
export class Band {
  constructor(context, output) {
    this.context = context;
    this.buffers = new Map();
    this.waves = new Map();
    this.bright = new Map();
    this.drives = new Map();
    this.level = new GainNode(context, { gain: 1 });
    this.level.connect(output);
    this.glue = new DynamicsCompressorNode(context, GLUE);
    this.glue.connect(this.level);
    this.room = new GainNode(context, { gain: 0.3 });
    const echo = new ConvolverNode(context, { buffer: this.#buffer("hall", hall) });
    this.room.connect(echo).connect(this.glue);
    this.buses = Object.fromEntries(Object.keys(MIX).map((name) => [name, this.#bus(name)]));
    this.vibrato = new OscillatorNode(context, { frequency: VIBRATO_HZ });
    this.vibratoDepth = new GainNode(context, { gain: VIBRATO_CENTS });
    this.vibrato.connect(this.vibratoDepth);
    this.vibrato.start();
  }

  /** Return a voice's way to the output: a filter, its place, its share of the room. */
  #bus(name) {
    const { level, pan, room, after, drive } = MIX[name];
    const entry = new GainNode(this.context, { gain: level });
    let last = entry;
    if (drive) {
      const curve = Float32Array.from({ length: 1025 }, (_, place) => Math.tanh(place / 128 - 4));
      const driver = new GainNode(this.context, { gain: 0.25 });
      this.drives.set(driver.gain, drive);
      last = last
        .connect(driver)
        .connect(new WaveShaperNode(this.context, { curve, oversample: "2x" }));
      last = last.connect(new GainNode(this.context, { gain: after }));
    }
    if (name === "guitar") {
      const cabinet = { type: "lowpass", frequency: CABINET_HZ, Q: 0.7 };
      last = last.connect(new BiquadFilterNode(this.context, cabinet));
      last = last.connect(new BiquadFilterNode(this.context, BOX));
    }
    if (CUTOFF[name]) {
      const filter = new BiquadFilterNode(this.context, {
        type: "lowpass",
        frequency: 1500,
        Q: 0.5,
      });
      this.bright.set(name, filter.frequency);
      last = last.connect(filter);
    }
    last = last.connect(new StereoPannerNode(this.context, { pan }));
    last.connect(this.glue);
    last.connect(new GainNode(this.context, { gain: room })).connect(this.room);
    return entry;
  }

  /** Return a buffer that is made once. */
  #buffer(name, make) {
    const { sampleRate } = this.context;
    if (!this.buffers.has(name)) {
      const made = make(sampleRate);
      const channels = Array.isArray(made) ? made : [made];
      const buffer = this.context.createBuffer(channels.length, channels[0].length, sampleRate);
      for (const [place, samples] of channels.entries()) buffer.copyToChannel(samples, place);
      this.buffers.set(name, buffer);
    }
    return this.buffers.get(name);
  }

  /** Return the wave of a held voice. */
  #wave(name) {
    if (!this.waves.has(name)) {
      const imaginary = partials(name);
      const real = new Float32Array(imaginary.length);
      this.waves.set(name, this.context.createPeriodicWave(real, imaginary));
    }
    return this.waves.get(name);
  }

  /** Set brightness, room and level for a bar that begins at a time of the context. */
  shape(character, level, when) {
    const limit = this.context.sampleRate * 0.45;
    for (const [name, frequency] of this.bright) {
      frequency.setTargetAtTime(Math.min(character[CUTOFF[name]], limit), when, GLIDE_S);
    }
    // The curve takes four times full scale.
    for (const [gain, share] of this.drives) {
      gain.setTargetAtTime((1 + (character.drive - 1) * share) / 4, when, GLIDE_S);
    }
    this.glue.ratio.setTargetAtTime(character.glue, when, GLIDE_S);
    this.room.gain.setTargetAtTime(character.room, when, GLIDE_S);
    this.level.gain.setTargetAtTime(level, when, GLIDE_S);
  }

  /** Play a note of a score at a time of the context. */
  play(note, when, character) {
    if (DRUMS.includes(note.voice)) this.#strike(note, when);
    else if (note.voice in HELD) this.#hold(note, when, character);
    else this.#sample(note, when);
  }

  /** Strike a drum. */
  #strike({ voice, velocity }, when) {
    const buffer = this.#buffer(voice, (rate) => drum(voice, rate));
    const gain = new GainNode(this.context, { gain: DRUM_LEVEL[voice] * velocity ** TOUCH });
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(gain).connect(this.buses.drums);
    source.onended = () => gain.disconnect();
    source.start(when);
  }

  /** Play a note that was computed. */
  #sample({ voice, pitch, velocity, seconds }, when) {
    const root = rootOf(pitch);
    const buffer = this.#buffer(`${voice} ${root}`, (rate) => TUNED[voice](root, rate));
    const playbackRate = 2 ** ((pitch - root) / 12);
    const source = new AudioBufferSourceNode(this.context, { buffer, playbackRate });
    const gain = new GainNode(this.context, { gain: velocity ** TOUCH });
    gain.gain.setTargetAtTime(0, when + seconds, RELEASE_S[voice]);
    source.connect(gain).connect(this.buses[voice]);
    source.onended = () => gain.disconnect();
    source.start(when);
    source.stop(when + seconds + 6 * RELEASE_S[voice]);
  }

  /** Hold a note: oscillators that swell and die away. */
  #hold({ voice, pitch, velocity, seconds }, when, character) {
    const wave = this.#wave(voice === "pad" ? padWave(character) : HELD[voice]);
    const swell = character.pulse ? PULSE_S : character.attack;
    const attack = Math.min(ATTACK_S[voice] ?? swell, seconds * 0.7);
    const release = voice === "pad" && character.pulse ? PULSE_S * 3 : RELEASE_S[voice];
    const gain = new GainNode(this.context, { gain: 0 });
    gain.gain.setValueAtTime(0, when);
    gain.gain.linearRampToValueAtTime(velocity ** TOUCH, when + attack);
    gain.gain.setTargetAtTime(0, when + Math.max(seconds, attack), release);
    gain.connect(this.buses[voice]);
    const end = when + seconds + 6 * release;
    for (const side of voice === "pad" || voice === "lead" ? [-1, 1] : [0]) {
      const detune = side * character.detune;
      const frequency = frequencyOf(pitch);
      const tone = new OscillatorNode(this.context, { periodicWave: wave, frequency, detune });
      if (SINGING.includes(voice)) this.vibratoDepth.connect(tone.detune);
      tone.connect(gain);
      tone.start(when);
      tone.stop(end);
      tone.onended = () => {
        if (SINGING.includes(voice)) this.vibratoDepth.disconnect(tone.detune);
        gain.disconnect();
      };
    }
  }

  /** Let go of the graph. */
  close() {
    this.vibrato.stop();
    this.level.disconnect();
  }
}

/** Return the wave of the chords: strings, or a pad that has the partials that its filter lets through. */
function padWave({ bowed, padCutoff }) {
  if (bowed) return "bowed";
  return padCutoff > BRIGHT_HZ ? "sharp" : HELD.pad;
}
