// From one song to the next: loaded in time, cross-faded, or begun as the one before ends.

// The next song is loaded so long before it begins.
const PREPARE_S = 20;
// An element takes about so long to begin.
const BEGIN_S = 0.04;
// The clock is set once so little is left: browsers tell four times a second where a song is.
const NEAR_S = 0.6;

/**
 * The end of a song.
 *
 * sounds : Sounds
 * left : returns the seconds that are left
 * go : called with the seconds of the fade
 */
export class Changeover {
  #timer = null;

  constructor({ sounds, left, go }) {
    Object.assign(this, { sounds, left, go });
  }

  /**
   * See how near the end is.
   *
   * src, routed : the next song, as `Sounds.prepare` takes it
   * whole, fade : seconds of this song, and of the cross-fade
   */
  look({ src, routed, whole, fade }) {
    const left = this.left();
    if (left > PREPARE_S) return;
    this.sounds.prepare(src, routed);
    if (!this.sounds.overlaps) return;
    // A song that is shorter than two fades has none.
    if (fade && whole > 2 * fade) {
      if (left <= fade) this.go(left);
    } else if (left <= NEAR_S) {
      clearTimeout(this.#timer);
      // A hidden page is called late; then the end itself calls.
      this.#timer = setTimeout(() => this.#begin(), Math.max(0, left - BEGIN_S) * 1000);
    }
  }

  // Unless it was paused, or is elsewhere by now.
  #begin() {
    if (this.left() <= 2 * BEGIN_S) this.go(0);
  }
}
