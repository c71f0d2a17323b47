// Makes a list of the tiles, says what has happened, tells where the focus goes on (see landmarks.js), and which songs
// were opened. The tiles lie in the page and not in this component.
const LISTS = ".st-key-tiles, .st-key-own-tiles";
const TILES = '[class*="st-key-tile-"], [class*="st-key-own-tile-"]';
// What is not drawn never ends its animation; a busy machine begins it late.
const FADED_MS = 5000;
let turn = null;
const mark = () => {
  for (const list of document.querySelectorAll(LISTS)) {
    if (list.getAttribute("role") !== "list") list.setAttribute("role", "list");
    for (const tile of list.querySelectorAll(TILES)) {
      if (tile.getAttribute("role") !== "listitem") tile.setAttribute("role", "listitem");
    }
  }
};
// The cover that a new one takes the place of fades behind it.
const fade = (records) => {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const { removedNodes, target } of records) {
    const gone = [...removedNodes].find((node) => node.matches?.(".mr-tile"));
    const tile = target.isConnected && target.closest(TILES);
    const image = gone?.querySelector("img");
    if (!tile || !image || gone.dataset.source === "spotify") continue;
    if (!target.querySelector(".mr-tile:not(.alone)")) continue;
    const cover = document.createElement("div");
    cover.className = "mr-before";
    cover.style.backgroundImage = `url("${image.src}")`;
    cover.addEventListener("animationend", () => cover.remove());
    setTimeout(() => cover.remove(), FADED_MS);
    tile.prepend(cover);
  }
};
export default function ({ data, parentElement, setTriggerValue }) {
  mark();
  if (turn !== data.turn) {
    if (turn !== null || data.said) parentElement.querySelector(".mr-say").textContent = data.said;
    if (turn !== null && data.focus)
      document.dispatchEvent(new CustomEvent("moodring-focus", { detail: data.focus }));
    turn = data.turn;
  }
  const observer = new MutationObserver((records) => {
    mark();
    fade(records);
  });
  for (const list of document.querySelectorAll(LISTS)) {
    observer.observe(list, { childList: true, subtree: true });
  }
  const pressed = (event) => {
    const opens = event.target.closest?.('a, [data-play]:not([aria-pressed="true"])');
    const tile = opens?.closest("[data-tile]");
    if (data.counts && tile) setTriggerValue("opened", Number(tile.dataset.tile));
  };
  document.addEventListener("click", pressed, true);
  return () => {
    observer.disconnect();
    document.removeEventListener("click", pressed, true);
  };
}
