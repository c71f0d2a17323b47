// Makes a list of the tiles, says what has happened, tells where the focus goes on (see landmarks.js), and which songs
// were opened. The tiles lie in the page and not in this component.
const LISTS = ".st-key-tiles, .st-key-own-tiles";
const TILES = '[class*="st-key-tile-"], [class*="st-key-own-tile-"]';
let turn = null;
const mark = () => {
  for (const list of document.querySelectorAll(LISTS)) {
    if (list.getAttribute("role") !== "list") list.setAttribute("role", "list");
    for (const tile of list.querySelectorAll(TILES)) {
      if (tile.getAttribute("role") !== "listitem") tile.setAttribute("role", "listitem");
    }
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
  const observer = new MutationObserver(mark);
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
