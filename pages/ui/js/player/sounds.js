// Two players that fade into each other, and the way of their sound to the loudspeaker.
//
// Sound of the same origin goes through Web Audio, which fades it exactly, and tells how loud it is.
// Sound from elsewhere would be silent there: it fades by its volume, on two players of its own.
import { silence } from "./silence.js";

// iPhones and iPads may stop Web Audio when they are locked, leave an element's volume to their own buttons, and begin
// no element in the background but one that a press has begun: there all songs share one plain element.
const ONE_ELEMENT =
  /iP(hone|ad|od)/.test(navigator.userAgent) ||
  (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
// A song that is broken off fades, so that nothing clicks.
export const BREAK_S = 0.12;
// Steps of a fade by volume.
const STEP_MS = 50;
const LEVEL_SAMPLES = 2048;

/** One player: an audio element, and where its sound goes through Web Audio, its gain. */
class Deck {
  src = "";
  #timer = null;
  #leaving = null;

  constructor(context, bus) {
    this.audio = new Audio();
    this.audio.preload = "auto";
    this.gain = null;
    this.loudest = 1;
    this.level = 1;
    if (!context) return;
    this.gain = new GainNode(context);
    context.createMediaElementSource(this.audio).connect(this.gain).connect(bus);
  }

  load(src, loop = false) {
    clearTimeout(this.#leaving);
    this.audio.loop = loop;
    if (this.src === src && !this.audio.error) return;
    this.src = src;
    this.audio.src = src;
  }

  /** Fade to a level, 0..1, in seconds. */
  fade(to, seconds) {
    clearInterval(this.#timer);
    if (this.gain) {
      const { gain, context } = this.gain;
      const now = context.currentTime;
      gain.cancelScheduledValues(now);
      gain.setValueAtTime(gain.value, now);
      if (seconds) gain.linearRampToValueAtTime(to, now + seconds);
      else gain.setValueAtTime(to, now);
      return;
    }
    const [from, begun] = [this.level, performance.now()];
    const step = () => {
      const done = seconds ? Math.min(1, (performance.now() - begun) / 1000 / seconds) : 1;
      this.level = from + (to - from) * done;
      this.audio.volume = this.level * this.loudest;
      if (done === 1) clearInterval(this.#timer);
    };
    this.#timer = setInterval(step, STEP_MS);
    step();
  }

  /** Fade out, and let go of the sound. */
  leave(seconds) {
    this.fade(0, seconds);
    clearTimeout(this.#leaving);
    this.#leaving = setTimeout(() => this.free(), seconds * 1000);
  }

  free() {
    clearTimeout(this.#leaving);
    if (!this.src) return;
    this.audio.pause();
    this.src = "";
    this.audio.removeAttribute("src");
    this.audio.load();
  }
}

/**
 * The sound of songs.
 *
 * tell : {time, ended, failed, playing, waiting}, called without arguments
 */
export class Sounds {
  #decks = { own: [], plain: [] };
  #active = null;
  #volume = 1;
  #context = null;
  #silent = null;
  #silence = "";

  constructor(tell) {
    this.tell = tell;
  }

  /** The AudioContext; call it first at a press, because browsers ask for one. */
  get context() {
    if (!this.#context) {
      // Without it, Safari stops Web Audio when its page is hidden.
      if (navigator.audioSession) navigator.audioSession.type = "playback";
      this.#context = new AudioContext({ latencyHint: "playback" });
      this.bus = new GainNode(this.#context, { gain: this.#volume });
      this.analyser = new AnalyserNode(this.#context, { fftSize: LEVEL_SAMPLES });
      this.bus.connect(this.analyser).connect(this.#context.destination);
    }
    if (this.#context.state !== "running") this.#context.resume();
    return this.#context;
  }

  /** Whether one song may begin before another has ended. */
  get overlaps() {
    return !ONE_ELEMENT;
  }

  #idle(asked) {
    const routed = asked && !ONE_ELEMENT;
    const decks = this.#decks[routed ? "own" : "plain"];
    const free = decks.find((deck) => ONE_ELEMENT || deck !== this.#active);
    if (free) return free;
    const deck = routed ? new Deck(this.context, this.bus) : new Deck(null);
    deck.loudest = this.#volume;
    const { audio } = deck;
    const events = {
      timeupdate: "time",
      ended: "ended",
      error: "failed",
      playing: "playing",
      waiting: "waiting",
      durationchange: "time",
    };
    for (const [event, name] of Object.entries(events))
      audio.addEventListener(event, () => {
        if (deck === this.#active && deck.src) this.tell[name]();
      });
    decks.push(deck);
    return deck;
  }

  /** Load what comes next, so that it begins without the network. */
  prepare(src, routed) {
    if (!this.overlaps) return;
    const deck = this.#idle(routed);
    if (deck.audio.paused) deck.load(src);
  }

  /** Play from a second on, and let what plays fade into it; false when the browser refuses. */
  async play(src, { routed, at = 0, fade = 0 }) {
    if (routed && this.overlaps) this.context;
    this.release();
    const [old, deck] = [this.#active, this.#idle(routed)];
    this.#active = deck;
    if (old !== deck) old?.leave(fade || BREAK_S);
    deck.load(src);
    if (at || deck.audio.currentTime) deck.audio.currentTime = at;
    deck.fade(fade ? 0 : 1, 0);
    deck.fade(1, fade);
    return this.#begin(deck);
  }

  /** Play silence, at a press, beside sound that no element plays. */
  hold() {
    this.#silence ||= URL.createObjectURL(silence());
    this.#silent = this.#idle(false);
    this.#silent.load(this.#silence, true);
    return this.#begin(this.#silent);
  }

  /** End the silence. */
  release() {
    this.#silent?.free();
    this.#silent = null;
  }

  async #begin(deck) {
    try {
      await deck.audio.play();
      return true;
    } catch (error) {
      // Another song came first, or its own event says what is wrong.
      return error.name !== "NotAllowedError";
    }
  }

  get loaded() {
    return Boolean(this.#active?.src);
  }

  async resume() {
    if (this.#active.gain) this.context;
    this.#active.fade(1, BREAK_S);
    return this.#begin(this.#active);
  }

  pause() {
    this.#active?.audio.pause();
  }

  stop(seconds = BREAK_S) {
    this.#active?.leave(seconds);
    this.#active = null;
  }

  seek(at) {
    if (this.#active) this.#active.audio.currentTime = at;
  }

  get time() {
    return this.#active?.audio.currentTime ?? 0;
  }

  /** Length in seconds; 0 while it is unknown. */
  get seconds() {
    const seconds = this.#active?.audio.duration;
    return Number.isFinite(seconds) ? seconds : 0;
  }

  set volume(to) {
    this.#volume = to;
    if (this.bus) {
      const { gain, context } = this.bus;
      gain.cancelScheduledValues(context.currentTime);
      gain.setTargetAtTime(to, context.currentTime, BREAK_S / 4);
    }
    for (const deck of this.#decks.plain) {
      deck.loudest = to;
      deck.audio.volume = to * deck.level;
    }
  }

  /** Fade everything out in seconds; `volume` brings it back. */
  dim(seconds) {
    if (this.bus) {
      const { gain, context } = this.bus;
      gain.cancelScheduledValues(context.currentTime);
      gain.setValueAtTime(gain.value, context.currentTime);
      gain.linearRampToValueAtTime(0, context.currentTime + seconds);
    }
    if (this.#active && !this.#active.gain) this.#active.fade(0, seconds);
  }

  /** Root of the mean square of what sounds, 0..1; null for sound from elsewhere. */
  level() {
    if (this.#active && !this.#active.gain) return null;
    if (!this.analyser) return 0;
    const samples = new Float32Array(LEVEL_SAMPLES);
    this.analyser.getFloatTimeDomainData(samples);
    return Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / LEVEL_SAMPLES);
  }
}
