// What is remembered: the queue and its place in this tab, over a reload; how loud and which way, in this browser.
const HERE = "moodring-player";
const ALWAYS = "moodring-player-ways";

const read = (storage, name) => {
  try {
    return JSON.parse(storage().getItem(name)) ?? {};
  } catch {
    // Nothing was kept, or the browser keeps nothing.
    return {};
  }
};
const write = (storage, name, value) => {
  try {
    storage().setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
};
const tab = () => window.sessionStorage;
const browser = () => window.localStorage;
const share = (value, most, usual) =>
  typeof value === "number" && value >= 0 && value <= most ? value : usual;

export const FADE_MOST_S = 8;

/** Return what was played in this tab: {queue, time}. */
export const recall = () => read(tab, HERE);

/** Keep it; without covers where they are too many. */
export const keep = (queue, time) => {
  if (write(tab, HERE, { queue, time })) return;
  const songs = queue.songs.map((song) => ({ ...song, cover: "" }));
  write(tab, HERE, { queue: { ...queue, songs }, time });
};

/** How this browser plays: volume 0..1, cross-fade in seconds, DJ mode, seed of the mood sound. */
export class Ways {
  constructor() {
    const { volume, fade, dj, seed } = read(browser, ALWAYS);
    this.volume = share(volume, 1, 1);
    this.fade = share(fade, FADE_MOST_S, 2);
    this.dj = dj === true;
    this.seed = Number.isInteger(seed) ? seed : Math.floor(Math.random() * 2 ** 31);
  }

  /** Change some of them, and keep all. */
  change(some) {
    Object.assign(this, some);
    write(browser, ALWAYS, this);
  }
}
