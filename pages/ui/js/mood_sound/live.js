// The endless piece, played while it is written: a bar is composed shortly before it begins.
import { Band } from "./band.js";
import { compose } from "./compose.js";
import { gainOf } from "./levels.js";
import { liveLimiter } from "./loudness.js";
import { within } from "./character.js";

// A bar is written when it begins so soon. A hidden page is called once a second.
const LOOK_AHEAD_S = 1.6;
const LOOK_EVERY_MS = 200;
const LEAD_S = 0.12;
const FADE_S = 0.5;

/**
 * Mood sound that follows a mood.
 *
 * context : BaseAudioContext
 * destination : AudioNode
 * seed : number or text
 * valence, energy : of the first bar
 * from : `end` of a score, or of the last piece heard, that it continues
 */
export class LiveMoodSound {
  #band = null;
  #gain = null;
  #limiter = null;
  #state;
  #next = 0;
  #timer = null;
  #played = [];

  constructor(context, destination, { seed, valence = 0, energy = 0.4, from = null }) {
    this.context = context;
    this.destination = destination;
    this.seed = seed;
    this.#state = from;
    this.follow(valence, energy);
  }

  /** Whether it plays. */
  get playing() {
    return this.#timer !== null;
  }

  /** `end` of the last bar that was written: for `renderAhead`, or another player of this class. */
  get end() {
    return this.#state;
  }

  /** The bar that sounds now: {bar, at, seconds, tempo, tonic, mode, valence, energy}, or null. */
  get bar() {
    return this.#played.findLast((bar) => bar.at <= this.context.currentTime) ?? null;
  }

  /** Set the mood that the next bar goes towards: valence -1..1, energy 0..1. */
  follow(valence, energy) {
    this.mood = { valence: within(valence, -1, 1), energy: within(energy, 0, 1) };
  }

  /** Begin, or go on where it was stopped. */
  start() {
    if (this.playing) return;
    const { context } = this;
    this.#limiter = liveLimiter(context);
    this.#gain = new GainNode(context, { gain: 1 });
    this.#band = new Band(context, this.#limiter.input);
    this.#limiter.output.connect(this.#gain).connect(this.destination);
    this.#next = context.currentTime + LEAD_S;
    this.#timer = setInterval(() => this.write(), LOOK_EVERY_MS);
    this.write();
  }

  /** Write the bars that begin soon; the timer calls it. */
  write() {
    if (!this.playing) return;
    const now = this.context.currentTime;
    // A page that was frozen goes on from now, and does not catch up.
    if (this.#next < now) this.#next = now + LEAD_S;
    while (this.#next < now + LOOK_AHEAD_S) {
      const score = compose({ seed: this.seed, ...this.mood, bars: 1, from: this.#state });
      const bar = score.bars[0];
      this.#band.shape(bar.character, gainOf(bar.valence, bar.energy), this.#next);
      for (const note of score.notes) this.#band.play(note, this.#next + note.at, bar.character);
      this.#played = [...this.#played.slice(-4), { ...bar, at: this.#next }];
      this.#state = score.end;
      this.#next += score.seconds;
    }
  }

  /** Fade out and let go of everything; returns when it is silent. */
  async stop() {
    if (!this.playing) return;
    clearInterval(this.#timer);
    this.#timer = null;
    const [band, gain] = [this.#band, this.#gain];
    gain.gain.setTargetAtTime(0, this.context.currentTime, FADE_S / 5);
    await new Promise((resolve) => setTimeout(resolve, FADE_S * 1000));
    gain.disconnect();
    band.close();
  }
}
