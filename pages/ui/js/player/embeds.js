// The players of Spotify and YouTube, each in a frame of its own: alone, with nothing over it, and loaded at a press.
//
// YouTube's player tells by messages when a video has ended, once it is asked to
// (https://developers.google.com/youtube/iframe_api_reference). Spotify's tells nothing without a script of its own,
// which we do not load: its song plays and ends within its frame.
const YOUTUBE = "https://www.youtube-nocookie.com";
const SPOTIFY = "https://open.spotify.com";
const ALLOW = "autoplay; encrypted-media; fullscreen; picture-in-picture; clipboard-write";
const [ENDED, PLAYING, PAUSED, WAITING] = [0, 1, 2, 3];

/**
 * A place for one frame.
 *
 * tell : {ended, playing, paused, waiting}
 */
export class Embeds {
  #frame = null;
  #kind = "";

  constructor(place, tell) {
    this.place = place;
    this.tell = tell;
    window.addEventListener("message", (event) => this.#hear(event));
  }

  /** Show a song's player; false when its address is none of theirs. */
  show(song, title) {
    this.hide();
    const origin = { youtube: YOUTUBE, spotify: SPOTIFY }[song.kind];
    if (!song.src.startsWith(`${origin}/embed/`)) return false;
    const address = new URL(song.src);
    if (song.kind === "youtube") {
      address.searchParams.set("autoplay", "1");
      address.searchParams.set("enablejsapi", "1");
      address.searchParams.set("playsinline", "1");
      address.searchParams.set("origin", location.origin);
    }
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: address.href, title, allow: ALLOW });
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.addEventListener("load", () =>
      this.#post({ event: "listening", id: 1, channel: "widget" }),
    );
    this.#kind = song.kind;
    this.#frame = frame;
    this.place.dataset.kind = song.kind;
    this.place.hidden = false;
    this.place.append(frame);
    return true;
  }

  hide() {
    this.#frame?.remove();
    this.#frame = null;
    this.#kind = "";
    this.place.hidden = true;
  }

  /** Whether the frame can be told to pause and to go on. */
  get obeys() {
    return this.#kind === "youtube";
  }

  pause() {
    this.#post({ event: "command", func: "pauseVideo", args: [] });
  }

  resume() {
    this.#post({ event: "command", func: "playVideo", args: [] });
  }

  #post(message) {
    if (this.obeys) this.#frame.contentWindow?.postMessage(JSON.stringify(message), YOUTUBE);
  }

  #hear({ origin, source, data }) {
    if (origin !== YOUTUBE || !this.#frame || source !== this.#frame.contentWindow) return;
    let told = null;
    try {
      told = JSON.parse(data);
    } catch {
      return;
    }
    const state = told?.event === "onStateChange" ? told.info : told?.info?.playerState;
    const name = {
      [ENDED]: "ended",
      [PLAYING]: "playing",
      [PAUSED]: "paused",
      [WAITING]: "waiting",
    }[state];
    if (name) this.tell[name]();
  }
}
