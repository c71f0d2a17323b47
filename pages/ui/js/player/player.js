// The player of all pages: what plays, and what comes next, whichever voice it needs.
import { Changeover } from "./changeover.js";
import { Dock } from "./dock.js";
import { mediaSession } from "./media_session.js";
import { keep, recall, Ways } from "./memory.js";
import { Queue } from "./queue.js";
import { Shown } from "./shown.js";
import { Sleep } from "./sleep.js";
import { isEmbedded, isRouted, MOOD, Voices } from "./voices.js";

// Kept places are as old as this at most.
const KEEP_S = 5;
// "The song before" begins the song again once it has played so long.
const AGAIN_S = 3;
// Songs in a row that cannot be played, before it gives up.
const MOST_FAILED = 3;
const clamp = (value, most) => Math.min(Math.max(value, 0), most);

export class Player {
  #queue;
  #song = null;
  #state = "idle";
  #ways = new Ways();
  #resumeAt = 0;
  #kept = 0;
  #failed = 0;
  #handled = new Set();
  #words = {};
  mood = { valence: 0, energy: 0.4 };
  presses = {};
  shown = new Shown();

  constructor() {
    this.dock = new Dock(this);
    this.voices = new Voices({
      place: this.dock.embed,
      seed: this.#ways.seed,
      song: () => this.#song,
      tell: {
        state: (state) => this.#set(state),
        time: () => this.#timePassed(),
        ended: () => this.#ended(),
        failed: () => this.#fail(),
      },
    });
    this.sounds = this.voices.sounds;
    this.changeover = new Changeover({
      sounds: this.sounds,
      left: () => this.seconds - this.time,
      go: (fade) => this.#goOn(fade),
    });
    this.sleep = new Sleep({
      fade: (seconds) => this.sounds.dim(seconds),
      end: () => this.pause(),
      tell: (faded) => {
        if (faded) this.sounds.volume = this.#ways.volume;
        this.#draw();
      },
    });
    this.session = mediaSession(this);
    this.sounds.volume = this.#ways.volume;
    this.#recall();
    this.#draw();
  }

  // After a reload it stands, paused, where it was.
  #recall() {
    const { queue, time } = recall();
    this.#queue = Queue.from(queue);
    this.#song = this.#queue.current;
    if (!this.#song) return;
    this.#state = "paused";
    this.#resumeAt = Number.isFinite(time) ? time : 0;
  }

  /** Take what a page tells: {items, words, settings, presses, next, start}, each if it has any. */
  load({ items, words, settings, presses, next, start }) {
    if (words) {
      this.#words = words;
      this.shown.words = words;
      this.dock.say(words);
      if (this.#song?.id === MOOD) this.#song = this.#moodSong();
    }
    if (items) {
      this.shown.items = items;
      this.presses = presses ?? {};
      this.#show();
    }
    if (settings?.mood) this.follow(settings.mood);
    if (settings) this.dock.dock.toggleAttribute("data-device", Boolean(settings.device));
    if (next && this.dj && this.#isNew(next)) this.addNext(next);
    if (start && this.#isNew(start)) this.play(start.id);
    this.#draw();
  }

  #show() {
    this.#queue.follow(this.shown.songs);
    if (this.#song?.id !== MOOD) this.#song = this.#queue.current;
    this.#draw();
  }

  /** Take songs' previews as they are found: {preview, cover} by id. */
  hearOf(previews) {
    this.shown.previews = previews;
    this.#show();
  }

  #isNew({ id, turn }) {
    const told = `${id} ${turn}`;
    if (this.#handled.has(told)) return false;
    this.#handled.add(told);
    return true;
  }

  /** Go towards a mood: valence -1..1, energy 0..1. */
  follow(mood) {
    this.mood = mood;
    this.voices.mood.follow(mood);
  }

  get state() {
    return {
      state: this.#state,
      kind: this.#song?.kind ?? "",
      id: this.#song?.id ?? "",
      time: this.time,
      seconds: this.seconds,
    };
  }

  get queue() {
    return this.#queue.kept.songs;
  }

  get dj() {
    return this.#ways.dj;
  }

  get time() {
    return this.sounds.loaded ? this.sounds.time : this.#resumeAt;
  }

  get seconds() {
    return this.voices.seconds;
  }

  get level() {
    const sounds = this.#state === "playing" || this.#state === "loading";
    return sounds || isEmbedded(this.#song) ? this.voices.level : 0;
  }

  /** Play a song that is shown or queued; with none, go on. */
  play(id) {
    if (id === undefined) return this.resume();
    if (id === MOOD) return this.#start(this.#moodSong());
    const { songs } = this.shown;
    if (songs.some((song) => song.id === id)) this.#queue.set(songs, id);
    else if (this.#queue.current?.id !== id) return undefined;
    this.#failed = 0;
    return this.#start(this.#queue.current);
  }

  /** A press on a song: play it, or pause it and go on. */
  toggle(id = this.#song?.id) {
    if (id !== this.#song?.id) return this.play(id);
    return this.#state === "playing" || this.#state === "loading" ? this.pause() : this.resume();
  }

  pause() {
    if (!this.#song) return;
    this.voices.pause();
    this.#keep();
    this.#set("paused");
  }

  resume() {
    if (!this.#song || this.voices.resume()) return undefined;
    return this.#start(this.#song, { at: this.#resumeAt });
  }

  next() {
    return this.#go(1);
  }

  previous() {
    if (this.time > AGAIN_S || !this.#queue.previous) return this.seek(0);
    return this.#go(-1);
  }

  #go(by, fade = 0) {
    const left = this.#song?.id === MOOD ? this.#queue.current : this.#queue.step(by);
    return left ? this.#start(left, { fade }) : undefined;
  }

  seek(to) {
    const at = clamp(to, this.seconds || 0);
    if (this.sounds.loaded) this.sounds.seek(at);
    else this.#resumeAt = at;
    this.#draw();
  }

  /** Put a song next; it never cuts one off. */
  addNext(song) {
    this.#queue.addNext(song);
    this.#song ??= this.#queue.current;
    if (this.#state === "idle") this.#state = "paused";
    this.#draw();
  }

  /** Close the player: nothing plays, and nothing is queued. */
  close() {
    this.voices.silence();
    this.#queue.clear();
    this.#song = null;
    this.#resumeAt = 0;
    this.sleep.set(0);
    this.#keep();
    this.#set("idle");
  }

  toggleMoodSound() {
    if (this.#song?.id !== MOOD || this.#state === "paused") return this.#start(this.#moodSong());
    this.voices.mood.stop();
    this.#song = this.#queue.current;
    this.#resumeAt = 0;
    return this.#set(this.#song ? "paused" : "idle");
  }

  toggleDj() {
    this.#change({ dj: !this.#ways.dj });
    // The page hears of it.
    this.#set(this.#state);
  }

  toggleMixed() {
    this.#queue.mix(!this.#queue.mixed);
    this.#draw();
  }

  set volume(to) {
    this.sounds.volume = to;
    this.#change({ volume: to });
  }

  set fade(seconds) {
    this.#change({ fade: seconds });
  }

  #change(some) {
    this.#ways.change(some);
    this.#draw();
  }

  #moodSong() {
    const { mood_sound: title, made_here: from } = this.#words;
    return { id: MOOD, kind: MOOD, title, artists: "", cover: "", src: "", open: "", from };
  }

  async #start(song, { at = 0, fade = 0 } = {}) {
    const before = this.#song;
    this.#song = song;
    this.#resumeAt = at;
    this.#set("loading");
    this.sounds.volume = this.#ways.volume;
    await this.voices.start(before, { at, fade });
    this.#keep();
  }

  #timePassed() {
    this.sleep.look();
    if (this.#song?.id === MOOD) return;
    const { time, seconds } = this;
    if (time > 0) this.#failed = 0;
    const { next } = this.#queue;
    if (next && !isEmbedded(next) && seconds && this.#state === "playing") {
      const { fade } = this.#ways;
      this.changeover.look({ src: next.src, routed: isRouted(next), whole: seconds, fade });
    }
    if (Math.abs(time - this.#kept) > KEEP_S) this.#keep();
    this.dock.place(time, seconds);
    this.session.place(time, seconds);
  }

  // A song that is paused, or another one, has no end to go on at.
  #goOn(fade) {
    if (this.#state === "playing" && this.seconds) this.#go(1, fade);
  }

  #ended() {
    if (this.#song?.id === MOOD) this.voices.mood.next();
    else if (this.#queue.next) this.#go(1);
    else {
      this.voices.pause();
      this.seek(0);
      this.#set("paused");
    }
  }

  #fail() {
    if (this.#song?.id === MOOD) return;
    this.#failed += 1;
    if (this.#failed < MOST_FAILED && this.#queue.next) this.#go(1);
    else {
      this.sounds.stop();
      this.#set("error");
    }
  }

  #keep() {
    this.#kept = this.time;
    keep(this.#queue.kept, this.#song?.id === MOOD ? 0 : this.time);
  }

  #set(state) {
    if (this.#song?.id === MOOD && state === "loading" && this.voices.mood.ahead) return;
    this.#state = state;
    this.#draw();
    const { kind, id } = this.state;
    document.dispatchEvent(new CustomEvent("moodring-player", { detail: { state, kind, id } }));
  }

  #draw() {
    const song = this.#song;
    this.dock.draw({
      state: this.#state,
      song,
      reason: this.#queue.next?.reason ?? "",
      hasNext: Boolean(this.#queue.next) || (song?.id === MOOD && Boolean(this.#queue.current)),
      obeys: this.voices.obeys,
      isMood: song?.id === MOOD && this.#state !== "paused",
      mixed: this.#queue.mixed,
      asleep: this.sleep.left,
      ...this.#ways,
    });
    this.dock.place(this.time, this.seconds);
    this.session?.tell(song, this.#state, song?.from ?? "");
  }
}
