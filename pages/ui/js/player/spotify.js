// Spotify's player: about once a second it tells how far it is, in milliseconds, and nothing more at the end.
//
// The last word comes before the end, at it, or after it from the beginning, paused; and the player goes on to songs
// that nobody chose. A song is over when its time has passed, or when it stops that near to it.
const NEAR_MS = 1500;

/**
 * One song.
 *
 * tell : {ended, playing, paused, waiting}
 * say : sends the frame a message
 */
export class Spotify {
  origin = "https://open.spotify.com";
  // Once it has said that it is there.
  obeys = false;
  over = false;
  #end = null;
  #near = false;

  constructor(tell, say) {
    this.tell = tell;
    this.say = say;
  }

  address(src) {
    const address = new URL(src);
    // Without it, the frame takes no commands.
    address.searchParams.set("utm_source", "iframe-api");
    return address.href;
  }

  leave() {
    clearTimeout(this.#end);
  }

  pause() {
    this.say({ command: "pause" });
  }

  resume() {
    this.say({ command: "resume" });
  }

  hear(told) {
    if (this.over) return;
    if (told?.type === "ready") {
      this.obeys = true;
      this.say({ command: "load_complete_ack" });
      this.say({ command: "play" });
      this.tell.waiting();
    } else if (told?.type === "playback_update") this.#follow(told.payload ?? {});
  }

  #follow({ position, duration, isPaused, isBuffering }) {
    clearTimeout(this.#end);
    const left = duration > 0 ? duration - position : Number.POSITIVE_INFINITY;
    if (left <= 0 || (isPaused && this.#near)) {
      this.#finish();
      return;
    }
    this.#near = left <= NEAR_MS;
    if (this.#near && !isPaused) this.#end = setTimeout(() => this.#finish(), left);
    if (isBuffering) this.tell.waiting();
    else if (isPaused) this.tell.paused();
    else this.tell.playing();
  }

  #finish() {
    this.over = true;
    this.pause();
    this.tell.ended();
  }
}
