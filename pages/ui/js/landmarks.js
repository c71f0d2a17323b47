// Landmarks that Streamlit lacks, for a person without a mouse: the navigation, the current page's link, and a
// focus that goes on when the element that had it leaves the page.
const LAYER = '[role="dialog"], [data-baseweb="popover"], [data-testid="stPopoverBody"]';
const FOCUSABLE =
  'a[href], button:not(:disabled), input:not(:disabled), summary, iframe, [tabindex="0"], [role="radio"]:not(:disabled)';
// Where to go on, by the key of what was pressed.
const NEXT = {
  agree: "ring",
  "no-camera": "mood",
  "stop-camera": "ring",
  "play-my-mood": "line",
  "previous-songs": "line",
};
const PATIENCE_MS = 20000;
// The tiles give back the focus themselves within this time (see tiles.js).
const TILES = /^(own-)?tile-|^undo-/;
const TILES_MS = 4000;
// A press reaches the page's program within this time.
const BEGUN_MS = 1000;

const keysOf = (element) => {
  const keys = [];
  for (let at = element; at; at = at.parentElement)
    for (const name of at.classList) if (name.startsWith("st-key-")) keys.push(name.slice(7));
  return keys;
};
const nameOf = (element) => element.ariaLabel || element.textContent.trim();
const placeOf = (element) => ({ element, keys: keysOf(element), name: nameOf(element) });
const isUsable = ({ element }) => element.isConnected && !element.disabled;

let last = null;
let opener = null;
let lostAt = 0;
let seenRunning = false;

document.addEventListener("focusin", ({ target }) => {
  if (last && target.closest(LAYER) && !last.element.closest(LAYER)) opener = last;
  last = { ...placeOf(target), layer: target.closest(LAYER) !== null };
  lostAt = 0;
});
// A press beside everything wants the focus nowhere.
document.addEventListener("pointerdown", ({ target }) => {
  if (target.closest(FOCUSABLE)) return;
  last = null;
  lostAt = 0;
});
document.addEventListener("click", ({ target }) => {
  const pressed = keysOf(target).find((key) => NEXT[key] === "line");
  if (pressed && last) begin(performance.now());
});
const begin = (now) => {
  lostAt = now;
  seenRunning = false;
};

const focusOn = (element) => {
  // The camera's frame is of the same origin, and its first button is Start.
  const inner = element.contentDocument?.querySelector("button:not(:disabled)");
  if (element.tagName === "IFRAME" && !inner) return false;
  if (!inner && !element.matches(FOCUSABLE)) element.tabIndex = -1;
  (inner ?? element).focus({ preventScroll: true });
  element.scrollIntoView({ block: "nearest" });
  return true;
};
const within = (key, name) => {
  const place = document.querySelector(`.st-key-${CSS.escape(key)}`);
  if (!place) return null;
  if (key === "line") return place;
  const all = [...place.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());
  return all.find((one) => nameOf(one) === name) ?? all[0] ?? null;
};
const goOn = (late) => {
  const from = last.layer && opener ? opener : last;
  if (from !== last && isUsable(from)) return focusOn(from.element);
  const next = from.keys.map((key) => NEXT[key]).find(Boolean);
  for (const key of next ? [next] : from.keys) {
    const found = within(key, from.name);
    if (found) return focusOn(found);
  }
  const heading = late && document.querySelector(".stMain h1");
  return heading ? focusOn(heading) : false;
};
const look = () => {
  const top = document.querySelector(".st-key-top");
  if (top?.querySelector("a")) {
    top.role = "navigation";
    // The first page's link names no path of its own.
    const [home, ...others] = top.querySelectorAll("a");
    const here = others.find((link) => link.pathname === location.pathname) ?? home;
    for (const link of [home, ...others]) link.ariaCurrent = link === here ? "page" : null;
  }
  const isLost = last && !isUsable(last) && document.activeElement === document.body;
  if (!isLost && !lostAt) return;
  const now = performance.now();
  if (!lostAt) begin(now);
  const from = last?.layer && opener ? opener : last;
  if (from?.keys.some((key) => TILES.test(key)) && now - lostAt < TILES_MS) return;
  const running = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning";
  seenRunning ||= running;
  const late = now - lostAt > PATIENCE_MS;
  if (!late && (running || (!seenRunning && now - lostAt < BEGUN_MS))) return;
  if (goOn(late || !last.keys.some((key) => NEXT[key])) || late) lostAt = 0;
};
// An observer would be called for each picture of the camera's reading.
setInterval(look, 150);
