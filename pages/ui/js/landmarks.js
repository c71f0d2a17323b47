// Landmarks that Streamlit lacks, for a person without a mouse: the navigation, the current page's link, and a
// focus that goes on when the element that had it leaves the page.
const LAYER = '[role="dialog"], [data-baseweb="popover"], [data-testid="stPopoverBody"]';
const MENU = '[data-testid="stPopoverBody"]';
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
// An observer would be called for each picture of the camera's reading.
const LOOK_MS = 150;
// Looks at a page that is at rest: until a press must have reached its program, until what stands will stay, and
// until nobody waits any more. Time would run out while a slow machine draws.
const [BEGUN, STANDS, PATIENCE] = [7, 7, 130];

const keysOf = (element) => {
  const keys = [];
  for (let at = element; at; at = at.parentElement)
    for (const name of at.classList) if (name.startsWith("st-key-")) keys.push(name.slice(7));
  return keys;
};
const nameOf = (element) => element.ariaLabel || element.textContent.trim();
const isUsable = ({ element }) => element.isConnected && !element.disabled;
const placeOf = (key) => document.querySelector(key === MENU ? MENU : `.st-key-${CSS.escape(key)}`);

// What had the focus last, and what had it before a layer opened.
let last = null;
let opener = null;
// Where the focus shall go on: at once or after the page's run, and for how many looks more.
let wanted = null;
// Whether the visitor has moved the focus since the last press of a button.
let moved = true;
let moving = false;

const want = (key, soon = false) => {
  if (last) wanted = { key, soon, begun: soon, left: PATIENCE };
};
document.addEventListener("moodring-focus", ({ detail }) => want(detail, true));
document.addEventListener("focusin", ({ target }) => {
  const layer = target.closest(LAYER) !== null;
  if (last && layer && !last.layer) opener = last;
  last = { element: target, keys: keysOf(target), name: nameOf(target), layer };
  // A layer that closes gives the focus back by itself.
  if (!moving && target !== opener?.element) moved = true;
});
// A press beside everything wants the focus nowhere.
document.addEventListener("pointerdown", ({ target }) => {
  if (target.closest(FOCUSABLE)) return;
  last = null;
  wanted = null;
  moved = true;
});
const follow = ({ target, detail }) => {
  const button = target.closest("button");
  if (!button) return;
  moved = false;
  wanted = null;
  const pressed = keysOf(button).find((key) => NEXT[key] === "line");
  if (pressed && last?.keys.includes(pressed)) want("line");
  // The menu's place in the page is its end: from the keyboard, nobody would find it.
  const opens = button.dataset.testid === "stPopoverButton" && button.ariaExpanded !== "true";
  if (opens && detail === 0 && button.closest('[role="list"]')) want(MENU, true);
};
document.addEventListener("click", follow, true);

const focusOn = (element) => {
  // The camera's frame is of the same origin, and its first button is Start.
  const inner = element.contentDocument?.querySelector("button:not(:disabled)");
  if (element.tagName === "IFRAME" && !inner) return;
  if (!inner && !element.matches(FOCUSABLE)) element.tabIndex = -1;
  moving = true;
  (inner ?? element).focus({ preventScroll: true });
  moving = false;
  const seen = !wanted.soon || element.matches(":focus-visible");
  if (seen && document.activeElement === element) element.scrollIntoView({ block: "nearest" });
};
const within = (key, name) => {
  const place = placeOf(key);
  if (!place || key === "line") return place;
  const all = [...place.querySelectorAll(FOCUSABLE)].filter((one) => one.checkVisibility());
  return all.find((one) => nameOf(one) === name) ?? all[0] ?? null;
};
const before = () => (last.layer && opener ? opener : last);
const nextPlace = (late) => {
  const from = before();
  const asked = wanted.key && within(wanted.key, from.name);
  if (asked || (wanted.key && !late)) return asked;
  if (from !== last && isUsable(from)) return from.element;
  const found = from.keys.map((key) => within(key, from.name)).find(Boolean);
  return found ?? document.querySelector(".stMain h1");
};
const keepFocus = () => {
  const has = document.activeElement;
  const lost = !has || has === document.body;
  const next = (key) => key in NEXT;
  if (lost && !wanted && last && !isUsable(last)) want(NEXT[before().keys.find(next)]);
  if (!wanted) return;
  const running = document.querySelector(".stApp")?.dataset.testScriptState !== "notRunning";
  wanted.begun ||= running;
  if (!running) wanted.left -= 1;
  const late = wanted.left < 0;
  // A press that changes nothing begins no run.
  const ready = wanted.soon || (!running && (wanted.begun || wanted.left < PATIENCE - BEGUN));
  const stands = wanted.key ? !lost && placeOf(wanted.key)?.contains(has) : !lost;
  if (stands && ready) wanted.left = Math.min(wanted.left, STANDS);
  const place = !stands && ready && (lost || !moved) && nextPlace(lost && late);
  if (place) focusOn(place);
  if (late) wanted = null;
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
  keepFocus();
};
setInterval(look, LOOK_MS);
