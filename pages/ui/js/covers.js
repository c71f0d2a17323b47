// Lays Deezer's covers over ours when they have come, asks for those that are still looked for, and
// tells the player which songs have a preview. The tiles lie in the page and not in this component.
const TILES = ".st-key-tiles .mr-tile[data-song]";
const ASK_MS = 400;
const LIST = ".st-key-tiles";
// Address that each cover was given last, and addresses of pictures that have been shown before.
const given = new WeakMap();
const shown = new Set();
const lay = (cover, address) => {
  if (!cover || given.get(cover) === address) return;
  given.set(cover, address);
  cover.querySelector(".mr-real")?.remove();
  if (!address) return;
  const picture = new Image();
  // A picture that does not come leaves ours.
  picture.addEventListener("load", () => {
    if (given.get(cover) !== address) return;
    picture.className = shown.has(address) ? "mr-real" : "mr-real mr-arrives";
    shown.add(address);
    // Over ours, and below the words of what a press does.
    cover.querySelector("img").after(picture);
  });
  picture.alt = "";
  // Deezer need not know the page, too.
  picture.referrerPolicy = "no-referrer";
  picture.src = address;
};
// Of the latest call: an earlier one is not always taken back before it.
let songs = {};
let asking = 0;
const lay_all = () => {
  for (const tile of document.querySelectorAll(TILES)) {
    lay(tile.querySelector(".mr-cover"), songs[tile.dataset.song]?.cover);
  }
};
const observer = new MutationObserver(lay_all);
export default function ({ data, setTriggerValue }) {
  songs = data.songs;
  lay_all();
  document.dispatchEvent(new CustomEvent("moodring-deezer", { detail: songs }));
  observer.disconnect();
  for (const list of document.querySelectorAll(LIST)) {
    observer.observe(list, { childList: true, subtree: true });
  }
  clearTimeout(asking);
  if (data.waiting) asking = setTimeout(() => setTriggerValue("again", data.turn), ASK_MS);
  return () => {
    observer.disconnect();
    clearTimeout(asking);
  };
}
