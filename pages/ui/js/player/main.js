// The player that stays while pages come and go: window.moodring.player, and what the page's presses tell it.
import { Player } from "./player.js";

// Streamlit draws elements anew whenever it likes, without the marks of what plays.
const MARK_MS = 400;

const player = new Player();
const keyOf = (element) => {
  for (let at = element; at; at = at.parentElement)
    for (const name of at.classList)
      if (name.startsWith("st-key-")) return name.slice("st-key-".length);
  return "";
};
const mark = () => {
  const { id, state } = player.state;
  player.shown.mark();
  for (const one of document.querySelectorAll("[data-play]")) {
    const pressed = String(one.dataset.play === id && (state === "playing" || state === "loading"));
    if (one.ariaPressed !== pressed) one.ariaPressed = pressed;
  }
};

document.addEventListener(
  "click",
  (event) => {
    const { target, button, ctrlKey, metaKey, shiftKey } = event;
    if (button || ctrlKey || metaKey || shiftKey) return;
    const song = target.closest?.("[data-play]");
    if (song) {
      event.preventDefault();
      player.toggle(song.dataset.play);
      // The dock that rises may cover what was pressed.
      (song.closest("[data-tile]") ?? song).scrollIntoView({ block: "nearest" });
      return;
    }
    const pressed = target.closest?.("button:not(:disabled)");
    const id = pressed && player.presses[keyOf(pressed)];
    if (id) player.play(id);
  },
  true,
);
// A link that is a button is pressed by the space bar, too.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches?.("a[data-play]")) return;
  event.preventDefault();
  event.target.click();
});
document.addEventListener("moodring-player", mark);
setInterval(mark, MARK_MS);

const moodring = {
  player: {
    load: (data) => player.load(data),
    play: (id) => player.play(id),
    pause: () => player.pause(),
    next: () => player.next(),
    add_next: (item) => player.addNext(item),
    seek: (seconds) => player.seek(seconds),
    sleep: (minutes) => player.sleep.set(minutes),
    level: () => player.level,
    state: () => player.state,
    dj: () => player.dj,
    queue: () => player.queue,
    // Pieces of the mood sound that are made for a hidden page.
    ahead: () => player.voices.mood.pieces,
  },
  get mood() {
    return player.mood;
  },
  set mood(mood) {
    player.follow(mood);
  },
};
window.moodring = Object.assign(window.moodring ?? {}, { player: moodring.player });
Object.defineProperty(window.moodring, "mood", Object.getOwnPropertyDescriptor(moodring, "mood"));
document.addEventListener("moodring-reading", ({ detail }) => {
  if (detail?.mood) player.follow(detail.mood);
});
document.addEventListener("moodring-deezer", ({ detail }) => player.hearOf(detail));
window.dispatchEvent(new Event("moodring-player-here"));
