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

/** Return how this browser plays: volume 0..1, cross-fade in seconds, DJ mode, seed of the mood sound. */
export const ways = () => {
  const kept = read(browser, ALWAYS);
  const seed = Number.isInteger(kept.seed) ? kept.seed : Math.floor(Math.random() * 2 ** 31);
  return {
    volume: share(kept.volume, 1, 1),
    fade: share(kept.fade, FADE_MOST_S, 2),
    dj: kept.dj === true,
    seed,
  };
};

/** Keep that. */
export const keepWays = (value) => write(browser, ALWAYS, value);
