// The songs in their order of play. It knows no sound and no page.

// Fisher and Yates' shuffle, of a copy.
const shuffled = (ids) => {
  const mixed = [...ids];
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1));
    [mixed[last], mixed[other]] = [mixed[other], mixed[last]];
  }
  return mixed;
};

/**
 * Songs, of which one is the current one.
 *
 * A song is an object with an `id`; the other fields are for who plays it.
 */
export class Queue {
  #songs = new Map();
  // Ids as shown, ids as played, and the place of the current one among these.
  #shown = [];
  #way = [];
  #place = -1;
  #mixed = false;
  // Ids of songs that were put next, and are in no list.
  #added = new Set();

  /** Return a queue as `kept` once gave it; an empty one of anything else. */
  static from(kept) {
    const queue = new Queue();
    if (!Array.isArray(kept?.songs) || !Array.isArray(kept.way)) return queue;
    for (const song of kept.songs) queue.#songs.set(song.id, song);
    queue.#shown = kept.songs.map((song) => song.id);
    queue.#way = kept.way.filter((id) => queue.#songs.has(id));
    queue.#place = Math.min(kept.place, queue.#way.length - 1);
    queue.#mixed = Boolean(kept.mixed);
    return queue;
  }

  /** What `from` takes. */
  get kept() {
    const songs = [...new Set([...this.#shown, ...this.#way])].map((id) => this.#songs.get(id));
    return { songs, way: this.#way, place: this.#place, mixed: this.#mixed };
  }

  get current() {
    return this.#at(this.#place);
  }

  get next() {
    return this.#at(this.#place + 1);
  }

  get previous() {
    return this.#at(this.#place - 1);
  }

  get mixed() {
    return this.#mixed;
  }

  #at(place) {
    return this.#songs.get(this.#way[place]) ?? null;
  }

  /** Hold these songs, the one with an id being the current one. */
  set(songs, id) {
    this.#songs = new Map(songs.map((song) => [song.id, song]));
    this.#shown = [...this.#songs.keys()];
    this.#added.clear();
    this.#lay(id);
  }

  /**
   * Take what a page shows now: newer addresses of songs that are here, and, when the current song
   * is among those shown, their list in place of the old one.
   */
  follow(songs) {
    const shown = new Map(songs.map((song) => [song.id, song]));
    const now = this.current;
    for (const [id, song] of shown) {
      const before = this.#songs.get(id);
      // Why a song was put next is no matter of lists.
      if (before)
        this.#songs.set(id, this.#added.has(id) ? { ...song, reason: before.reason } : song);
    }
    if (!now || !shown.has(now.id)) return;
    const ids = [...shown.keys()];
    const same = ids.length === this.#shown.length && ids.every((id, at) => id === this.#shown[at]);
    if (same) return;
    const coming = this.#way.slice(this.#place + 1).filter((id) => this.#added.has(id));
    const next = coming.map((id) => this.#songs.get(id));
    this.set(songs, now.id);
    for (const song of next.reverse()) this.addNext(song);
  }

  #lay(id) {
    if (this.#mixed) {
      const others = this.#shown.filter((one) => one !== id);
      this.#way = this.#songs.has(id) ? [id, ...shuffled(others)] : shuffled(others);
      this.#place = this.#way.length ? 0 : -1;
    } else {
      this.#way = [...this.#shown];
      this.#place = Math.max(this.#way.indexOf(id), this.#way.length ? 0 : -1);
    }
  }

  /** Play the songs shown in a random order from here on, or again as shown. */
  mix(on) {
    const now = this.current?.id;
    this.#mixed = on;
    this.#lay(now);
  }

  /** Go by some songs; return the new current one, or null at an end, where nothing changes. */
  step(by) {
    const song = this.#at(this.#place + by);
    if (song) this.#place += by;
    return song;
  }

  /** Put a song next. */
  addNext(song) {
    if (song.id === this.current?.id) return;
    const old = this.#way.indexOf(song.id);
    if (old >= 0) {
      this.#way.splice(old, 1);
      if (old < this.#place) this.#place -= 1;
    }
    this.#songs.set(song.id, song);
    this.#added.add(song.id);
    this.#way.splice(this.#place + 1, 0, song.id);
    if (this.#place < 0) this.#place = 0;
  }

  /** Forget all songs. */
  clear() {
    this.set([], null);
  }
}
