// Mood sound as the dock plays it: live while the page is seen, from pieces made ahead while it is hidden, because a
// locked phone stops timers. The music itself is in ../mood_sound.
const MODULE = "../mood_sound/index.js";
const AHEAD_MINUTES = 10;
// The pieces are made when a mood has held for so long, and anew when it has moved so far.
const HOLD_MS = 4000;
const FAR = 0.25;
const FADE_S = 1;

/**
 * The voice of the mood sound.
 *
 * sounds : Sounds, through whose bus and players it goes
 * seed : number
 */
export class MoodVoice {
  #live = null;
  #module = null;
  #pieces = [];
  #at = 0;
  #made = null;
  #timer = null;
  #turn = 0;
  #busy = false;
  mood = { valence: 0, energy: 0.4 };
  on = false;
  // Whether the pieces sound, and not the live one.
  ahead = false;

  constructor(sounds, seed) {
    this.sounds = sounds;
    this.seed = seed;
    document.addEventListener("visibilitychange", () => this.#look());
  }

  get pieces() {
    return this.#pieces.length;
  }

  /** Begin, or go on; throws when the music cannot be loaded. */
  async start() {
    const { context } = this.sounds;
    this.on = true;
    // Now, because a press is over once the music is loaded.
    this.sounds.hold();
    this.#module ??= await import(MODULE);
    if (!this.on) return;
    const { LiveMoodSound } = this.#module;
    this.#live ??= new LiveMoodSound(context, this.sounds.bus, { seed: this.seed, ...this.mood });
    this.#live.follow(this.mood.valence, this.mood.energy);
    if (document.hidden && this.#pieces.length) this.#playAhead();
    else this.#live.start();
    this.#makeSoon();
  }

  /** Fade out. */
  stop() {
    this.on = false;
    this.#turn += 1;
    this.#busy = false;
    clearTimeout(this.#timer);
    this.#live?.stop();
    this.sounds.release();
    if (this.ahead) this.sounds.stop(FADE_S);
    this.ahead = false;
  }

  /** Go towards another mood. */
  follow(mood) {
    this.mood = mood;
    this.#live?.follow(mood.valence, mood.energy);
    if (this.on && !this.ahead) this.#makeSoon();
  }

  /** Play the next piece; call it when one has ended. */
  next() {
    if (!this.ahead) return;
    this.#at = (this.#at + 1) % this.#pieces.length;
    // The last ones are followed by others, as long as this page may work.
    if (this.#at >= this.#pieces.length - 2) this.#make(this.#pieces.at(-1).end);
    this.#playPiece(0);
  }

  #makeSoon() {
    const { valence, energy } = this.mood;
    const near =
      this.#made &&
      Math.hypot((valence - this.#made.valence) / 2, energy - this.#made.energy) < FAR;
    if (near && this.#pieces.length) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#make(null), HOLD_MS);
  }

  async #make(from) {
    if (this.#busy && from) return;
    this.#busy = true;
    this.#turn += 1;
    const turn = this.#turn;
    const fresh = [];
    this.#made = this.mood;
    const ready = (piece) => {
      if (turn !== this.#turn) return;
      const one = { url: URL.createObjectURL(piece), end: piece.end };
      fresh.push(one);
      if (from) this.#pieces.push(one);
      else if (!this.ahead) this.#take(fresh);
    };
    const wish = {
      seed: this.seed,
      ...this.mood,
      minutes: AHEAD_MINUTES,
      from: from ?? this.#live?.end ?? null,
    };
    const pieces = await this.#module.renderAhead({ ...wish, ready });
    // A version that does not call back gives all at the end.
    if (!fresh.length) pieces.forEach(ready);
    if (turn === this.#turn) this.#busy = false;
  }

  #take(pieces) {
    if (this.#pieces !== pieces) for (const { url } of this.#pieces) URL.revokeObjectURL(url);
    this.#pieces = pieces;
    this.#at = 0;
    // It was hidden before there was any.
    if (document.hidden && this.on) this.#playAhead();
  }

  #look() {
    if (!this.on) return;
    if (document.hidden && !this.ahead && this.#pieces.length) this.#playAhead();
    else if (!document.hidden && this.ahead) {
      this.ahead = false;
      this.sounds.stop(FADE_S);
      this.sounds.hold();
      this.#live.start();
      this.#makeSoon();
    }
  }

  #playAhead() {
    this.ahead = true;
    this.#live?.stop();
    this.#playPiece(FADE_S);
  }

  #playPiece(fade) {
    this.sounds.play(this.#pieces[this.#at].url, { routed: true, fade });
    const next = this.#pieces[(this.#at + 1) % this.#pieces.length];
    this.sounds.prepare(next.url, true);
  }
}
