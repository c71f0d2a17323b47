// The voices of songs: sound of our own, the mood sound, and the players of others; one sounds at a time.
import { EMBEDDED, Embeds } from "./embeds.js";
import { MoodVoice } from "./mood_voice.js";
import { Sounds } from "./sounds.js";

export const MOOD = "mood-sound";
// Sound of the same origin may go through Web Audio.
const ROUTED = ["file", "server"];

/** Whether another's player plays a song. */
export const isEmbedded = (song) => EMBEDDED.includes(song?.kind);
/** Whether a song goes through Web Audio. */
export const isRouted = (song) => ROUTED.includes(song.kind);

/**
 * All voices.
 *
 * place : element for the players of others
 * seed : of the mood sound
 * song : returns the present song
 * tell : {state, time, ended, failed}; state is called with its name
 */
export class Voices {
  #song;

  constructor({ place, seed, song, tell }) {
    this.#song = song;
    this.tell = tell;
    const told = {
      ended: () => tell.ended(),
      playing: () => tell.state("playing"),
      waiting: () => tell.state("loading"),
    };
    const { time, failed } = tell;
    this.sounds = new Sounds({ ...told, time, failed });
    this.mood = new MoodVoice(this.sounds, seed);
    this.embeds = new Embeds(place, { ...told, paused: () => tell.state("paused") });
  }

  get #isMood() {
    return this.#song()?.id === MOOD;
  }

  /** Whether what plays can be told to pause and to go on. */
  get obeys() {
    return !isEmbedded(this.#song()) || this.embeds.obeys;
  }

  /** Length of the song, in seconds; 0 where it has none, or a place of its own. */
  get seconds() {
    const song = this.#song();
    if (!song || this.#isMood || isEmbedded(song)) return 0;
    return this.sounds.seconds || song.seconds || 0;
  }

  /** Root of the mean square of what sounds, 0..1; null for sound from elsewhere. */
  get level() {
    return isEmbedded(this.#song()) ? null : this.sounds.level();
  }

  /** Begin the song, in place of one before. */
  async start(before, { at, fade }) {
    const song = this.#song();
    if (this.#isMood || isEmbedded(song)) this.sounds.stop();
    if (!this.#isMood && before?.id === MOOD) this.mood.stop();
    this.embeds.hide();
    if (this.#isMood) await this.#startMood();
    else if (isEmbedded(song)) this.#showEmbed(song);
    else this.#may(await this.sounds.play(song.src, { routed: isRouted(song), at, fade }));
  }

  async #startMood() {
    try {
      await this.mood.start();
      if (this.mood.on) this.tell.state("playing");
    } catch {
      this.mood.stop();
      this.tell.state("error");
    }
  }

  #showEmbed(song) {
    if (this.embeds.show(song, `${song.from}: ${song.title}`)) this.tell.state("playing");
    else this.tell.failed();
  }

  // Without a press, browsers refuse to play.
  #may(allowed) {
    if (!allowed) this.tell.state("paused");
  }

  pause() {
    if (this.#isMood) this.mood.stop();
    else if (!isEmbedded(this.#song())) this.sounds.pause();
    else if (this.embeds.obeys) this.embeds.pause();
    else this.embeds.hide();
  }

  /** Go on; false where there is nothing to go on with, and the song is to be begun. */
  resume() {
    if (!this.#isMood && this.sounds.loaded) {
      this.sounds.resume().then((may) => this.#may(may));
      return true;
    }
    if (!isEmbedded(this.#song()) || !this.embeds.obeys || this.embeds.over) return false;
    this.embeds.resume();
    return true;
  }

  silence() {
    this.sounds.stop();
    this.mood.stop();
    this.embeds.hide();
  }
}
