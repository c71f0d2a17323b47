// The players of Spotify and YouTube, each in a frame of its own: alone, with nothing over it, and loaded at a press.
//
// No script of theirs runs in this page, whose camera it could see: both frames tell by messages what they do, and
// take commands so. YouTube's are those of https://developers.google.com/youtube/iframe_api_reference. Spotify's are
// those that its own script exchanges (https://developer.spotify.com/documentation/embeds/references/iframe-api);
// should they change, its song plays and ends within its frame, and goes on to no other.
import { Spotify } from "./spotify.js";
import { YouTube } from "./youtube.js";

const ALLOW = "autoplay; encrypted-media; fullscreen; picture-in-picture; clipboard-write";
const SERVICES = { spotify: Spotify, youtube: YouTube };
export const EMBEDDED = Object.keys(SERVICES);

/**
 * A place for one frame.
 *
 * tell : {ended, playing, paused, waiting}
 */
export class Embeds {
  #frame = null;
  #service = null;

  constructor(place, tell) {
    this.place = place;
    this.tell = tell;
    window.addEventListener("message", (event) => this.#hear(event));
  }

  /** Show a song's player; false when its address is none of theirs. */
  show(song, title) {
    this.hide();
    const service = new SERVICES[song.kind](this.tell, (words) => this.#say(words));
    if (!song.src.startsWith(`${service.origin}/embed/`)) return false;
    const frame = document.createElement("iframe");
    Object.assign(frame, { src: service.address(song.src), title, allow: ALLOW });
    frame.referrerPolicy = "strict-origin-when-cross-origin";
    frame.addEventListener("load", () => service.greet?.());
    this.#service = service;
    this.#frame = frame;
    this.place.dataset.kind = song.kind;
    this.place.hidden = false;
    this.place.append(frame);
    return true;
  }

  hide() {
    this.#frame?.remove();
    this.#frame = null;
    this.#service?.leave?.();
    this.#service = null;
    this.place.hidden = true;
  }

  /** Whether the frame can be told to pause and to go on. */
  get obeys() {
    return Boolean(this.#service?.obeys);
  }

  /** Whether its song has ended, and has to be begun again to sound. */
  get over() {
    return Boolean(this.#service?.over);
  }

  pause() {
    this.#service.pause();
  }

  resume() {
    this.#service.resume();
  }

  #say(words) {
    this.#frame?.contentWindow?.postMessage(words, this.#service.origin);
  }

  #hear({ origin, source, data }) {
    if (!this.#frame || origin !== this.#service.origin) return;
    if (source === this.#frame.contentWindow) this.#service.hear(data);
  }
}
