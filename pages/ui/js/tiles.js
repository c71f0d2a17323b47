// Makes a list of the tiles, puts the focus where a press has taken it away, says what has happened,
// and tells of opened songs. The tiles lie in the page and not in this component.
const LISTS = ".st-key-tiles, .st-key-own-tiles";
const TILES = '[class*="st-key-tile-"], [class*="st-key-own-tile-"]';
const STOPS = "a[href], button:not([disabled])";
const STEP_MS = 100;
const STEPS = 30;
let turn = null;
const mark = () => {
  for (const list of document.querySelectorAll(LISTS)) {
    if (list.getAttribute("role") !== "list") list.setAttribute("role", "list");
    for (const tile of list.querySelectorAll(TILES)) {
      if (tile.getAttribute("role") !== "listitem") tile.setAttribute("role", "listitem");
    }
  }
};
const isLost = () => !document.activeElement || document.activeElement === document.body;
// The page is drawn piece by piece, and what had the focus goes only at the end.
const refocus = (key, left) => {
  if (isLost()) {
    const stop = document.querySelector(`.st-key-${CSS.escape(key)} :is(${STOPS})`);
    stop?.focus({ preventScroll: true });
  }
  if (left) setTimeout(refocus, STEP_MS, key, left - 1);
};
export default function ({ data, parentElement, setTriggerValue }) {
  if (turn !== data.turn) {
    if (turn !== null || data.said) parentElement.querySelector(".mr-say").textContent = data.said;
    if (turn !== null && data.focus) refocus(data.focus, STEPS);
    turn = data.turn;
  }
  mark();
  const observer = new MutationObserver(mark);
  for (const list of document.querySelectorAll(LISTS)) {
    observer.observe(list, { childList: true, subtree: true });
  }
  const pressed = (event) => {
    const opener = event.target.closest?.('[data-testid="stPopoverButton"]');
    // The menu's place in the page is its end: from the keyboard, nobody would find it.
    if (opener?.closest(LISTS) && event.detail === 0) {
      setTimeout(() => {
        if (opener.getAttribute("aria-expanded") === "true") {
          document.querySelector(`[data-testid="stPopoverBody"] :is(${STOPS})`)?.focus();
        }
      }, STEP_MS);
    }
    const tile = event.target.closest?.("a") && event.target.closest("[data-tile]");
    if (data.counts && tile) setTriggerValue("opened", Number(tile.dataset.tile));
  };
  document.addEventListener("click", pressed, true);
  return () => {
    observer.disconnect();
    document.removeEventListener("click", pressed, true);
  };
}
