// A timer that fades the sound out. A locked phone stops timers, but not the events of what plays: both look.
export const MINUTES = [0, 15, 30, 45, 60];
const FADE_S = 20;
const LOOK_MS = 1000;

/**
 * The sleep timer.
 *
 * fade : called once with seconds, that many before the end
 * end : called at the end
 * tell : called when what is left has changed
 */
export class Sleep {
  #until = 0;
  #fade = FADE_S;
  #fading = false;
  #timer = null;
  minutes = 0;

  constructor({ fade, end, tell }) {
    Object.assign(this, { fade, end, tell });
  }

  /** What is left, in seconds; 0 while it is off. */
  get left() {
    return this.minutes ? Math.max(0, (this.#until - Date.now()) / 1000) : 0;
  }

  /** Set it to the next of `MINUTES`. */
  turn() {
    const next = MINUTES.find((one) => one > this.minutes) ?? 0;
    this.set(next);
  }

  /** Set it to some minutes; 0 switches it off. */
  set(minutes) {
    const was = this.#fading;
    this.minutes = minutes;
    this.#until = Date.now() + minutes * 60_000;
    this.#fade = Math.min(FADE_S, (minutes * 60) / 2);
    this.#fading = false;
    clearInterval(this.#timer);
    if (minutes) this.#timer = setInterval(() => this.look(), LOOK_MS);
    this.tell(was);
  }

  /** See what time it is. */
  look() {
    if (!this.minutes) return;
    const { left } = this;
    if (left <= this.#fade && !this.#fading) {
      this.#fading = true;
      this.fade(left);
    }
    if (left <= 0) {
      this.end();
      this.set(0);
    } else this.tell(false);
  }
}
