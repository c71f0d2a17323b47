// The dock: what is seen of the player, in the document's body, so that no page draws it anew.
import { FADE_MOST_S } from "./memory.js";

const PATHS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  next: "M6 5.5v13l9-6.5zM16 5.5h2.6v13H16z",
  previous: "M18 5.5v13L9 12zM5.4 5.5H8v13H5.4z",
  shuffle:
    "M16 4l4 3.5-4 3.5V8.6h-2.1L7.2 17H3v-2.2h3.1L12.8 6.4H16zM3 6.4h4.2l2 2.5-1.4 1.8-1.7-2.1H3zm13 6.6l4 3.5-4 3.5v-2.4h-3.2l-2-2.5 1.4-1.8 1.7 2h2.1z",
  sleep: "M20 14.6A8.3 8.3 0 0 1 9.4 4a8.3 8.3 0 1 0 10.6 10.6z",
  dj: "M12 3a9 9 0 1 0 9 9h-2.2A6.8 6.8 0 1 1 12 5.2zM12 9a3 3 0 1 0 3 3 3 3 0 0 0-3-3zm5-7h2.2v2.8H22V7h-2.8v2.8H17V7h-2.8V4.8H17z",
  mood: "M3 10.5h2v3H3zm4-4h2v11H7zm4-3h2v17h-2zm4 5h2v7h-2zm4 2.5h2v2h-2z",
  more: "M4 7h9v2H4zm13 0h3v2h-3zM4 15h3v2H4zm7 0h9v2h-9zM14 5.5h2v5h-2zM8 13.5h2v5H8z",
  close:
    "M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4L12 13.4 6.4 19 5 17.6 10.6 12 5 6.4z",
  volume:
    "M4 9.5h3.5L12 5.5v13l-4.500-4H4zM15 8.500a4.500 4.500 0 0 1 0 7zM15 5a8 8 0 0 1 0 14v-2a6 6 0 0 0 0-10z",
};
// Volume and shuffle stand in the bar where it is wide, else in the panel.
const WIDE = window.matchMedia("(min-width: 1000px)");
const DIGITS = /\d+/g;

const element = (kind, name, parent) => {
  const one = document.createElement(kind);
  if (name) one.className = name;
  parent?.append(one);
  return one;
};
const icon = (name, parent) => {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.ariaHidden = "true";
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  svg.firstChild.setAttribute("d", PATHS[name]);
  parent.append(svg);
  return svg;
};
const change = (node, name, value) => {
  if (node[name] !== value) node[name] = value;
};
const inLanguage = (number, digits = 1) =>
  new Intl.NumberFormat(document.documentElement.lang || "en", {
    minimumIntegerDigits: digits,
    useGrouping: false,
  }).format(number);
const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`.replace(
    DIGITS,
    (digits) => inLanguage(Number(digits), digits.length),
  );
const unit = (number, name, unitDisplay = "long") =>
  new Intl.NumberFormat(document.documentElement.lang || "en", {
    style: "unit",
    unit: name,
    unitDisplay,
  }).format(number);

export class Dock {
  #words = {};
  #told = null;
  #at = [0, 0];

  constructor(player) {
    this.player = player;
    const dock = element("section", "st-key-dock");
    dock.tabIndex = -1;
    this.embed = element("div", "mr-embed", dock);
    this.embed.hidden = true;
    const bar = element("div", "mr-bar", dock);
    this.#drawSong(bar);
    const keys = element("div", "keys", bar);
    this.previous = this.#button("dock-previous", "previous", keys, () => player.previous());
    this.play = this.#button("dock-play", "play", keys, () => player.toggle());
    this.next = this.#button("dock-next", "next", keys, () => player.next());
    this.#drawSeek(bar);
    this.ways = element("div", "ways", bar);
    this.sleep = this.#button("dock-sleep", "sleep", this.ways, () => player.sleep.turn());
    this.left = element("span", "left", this.sleep);
    this.dj = this.#button("dock-dj-mode st-key-dj-mode", "dj", this.ways, () => player.toggleDj());
    const toggleMood = () => player.toggleMoodSound();
    this.mood = this.#button("dock-mood-sound st-key-mood-sound", "mood", this.ways, toggleMood);
    element("span", "word", this.mood);
    this.#drawPanel(dock);
    this.close = this.#button("dock-close", "close", this.ways, () => player.close());
    this.status = element("p", "mr-say", dock);
    this.status.role = "status";
    this.dock = dock;
    document.body.append(dock);
    // Room at the page's end, and above the dock for what floats.
    new ResizeObserver(() => this.#reserve()).observe(dock);
  }

  #button(key, name, parent, act) {
    const button = element("button", "", element("div", `st-key-${key}`, parent));
    button.type = "button";
    icon(name, button);
    button.addEventListener("click", act);
    return button;
  }

  #range(name, parent, most, step, act) {
    const range = element("input", name, parent);
    Object.assign(range, { type: "range", min: "0", max: String(most), step: String(step) });
    range.addEventListener("input", () => act(Number(range.value)));
    return range;
  }

  #drawSong(bar) {
    const now = element("div", "mr-now", bar);
    this.cover = element("img", "", now);
    this.cover.alt = "";
    const names = element("span", "", now);
    this.title = element("b", "", names);
    const about = element("span", "about", names);
    this.artists = element("span", "", about);
    this.from = element("span", "from", about);
    for (const one of [this.title, this.artists]) one.dir = "auto";
  }

  #drawSeek(bar) {
    const place = element("div", "mr-seek", bar);
    place.hidden = true;
    this.passed = element("span", "", place);
    this.seek = this.#range("", place, 0, 1, (to) => this.player.seek(to));
    this.whole = element("span", "", place);
    for (const one of [this.passed, this.whole]) one.ariaHidden = "true";
  }

  #drawPanel(dock) {
    this.more = this.#button("dock-more", "more", this.ways, () => {});
    this.panel = element("div", "mr-panel", dock);
    Object.assign(this.panel, { id: "mr-panel", popover: "auto" });
    this.more.setAttribute("popovertarget", "mr-panel");
    const slide = (most, step, act) => {
      const label = element("label", "", this.panel);
      element("span", "", label);
      const range = this.#range("", label, most, step, act);
      element("output", "", label);
      return range;
    };
    this.volume = slide(1, 0.05, (to) => {
      this.player.volume = to;
    });
    this.fade = slide(FADE_MOST_S, 1, (to) => {
      this.player.fade = to;
    });
    this.mixed = this.#button("dock-shuffle", "shuffle", this.panel, () =>
      this.player.toggleMixed(),
    );
    element("span", "word", this.mixed);
    const loud = this.volume.parentElement;
    loud.classList.add("mr-volume");
    icon("volume", loud);
    const arrange = () => {
      const shuffle = this.mixed.parentElement;
      if (WIDE.matches) {
        this.ways.prepend(shuffle, loud);
        return;
      }
      this.panel.prepend(loud);
      this.panel.append(shuffle);
    };
    arrange();
    WIDE.addEventListener("change", arrange);
  }

  #reserve() {
    const root = document.documentElement.style;
    const height = this.dock.dataset.state === "idle" ? 0 : this.dock.offsetHeight;
    root.setProperty("--mr-dock", `${height}px`);
  }

  /** Take the words of the page's language. */
  say(words) {
    this.#words = words;
    this.dock.ariaLabel = words.player;
    const labels = [
      [this.previous, words.previous],
      [this.next, words.next],
      [this.seek, words.seek],
      [this.volume, words.volume],
      [this.fade, words.fade],
      [this.mixed, words.shuffle],
      [this.dj, words.dj],
      [this.mood, words.mood_sound],
      [this.more, words.more],
      [this.close, words.close],
    ];
    for (const [one, label] of labels) {
      one.ariaLabel = label;
      if (one.tagName === "BUTTON") one.title = label;
      // Beside the place in the song stands the time.
      const isNamed = one.type === "range" && one !== this.seek;
      const word = one.querySelector(".word") ?? (isNamed && one.previousElementSibling);
      if (word) word.textContent = label;
    }
    if (this.#told) this.draw(this.#told);
  }

  /** Draw what plays, in nodes that stay. */
  draw(told) {
    const words = this.#words;
    const { state, song } = told;
    const { dataset } = this.dock;
    const was = dataset.state;
    Object.assign(dataset, { state, kind: song?.kind ?? "", title: song?.title ?? "" });
    if (was !== state) this.#reserve();
    // Streamlit's theme may differ from the browser's.
    const app = document.querySelector(".stApp");
    if (app) this.dock.style.colorScheme = getComputedStyle(app).colorScheme;
    change(this.title, "textContent", song?.title ?? "");
    const from = state === "error" ? words.failed : song?.from;
    // What is wrong needs the room of who it is.
    const artists = state === "error" ? "" : (song?.artists ?? "");
    const whose = [from, told.reason].filter(Boolean).join(" · ");
    change(this.artists, "textContent", artists);
    change(this.from, "textContent", artists && whose ? ` · ${whose}` : whose);
    change(this.cover, "hidden", !song?.cover);
    if (song?.cover && this.cover.getAttribute("src") !== song.cover) this.cover.src = song.cover;
    const plays = state === "playing" || state === "loading";
    change(this.play, "ariaLabel", (plays ? words.pause : words.play) ?? "");
    change(this.play, "title", this.play.ariaLabel);
    this.play.querySelector("path").setAttribute("d", PATHS[plays ? "pause" : "play"]);
    change(this.play, "disabled", !told.obeys);
    change(this.next, "disabled", !told.hasNext);
    const pressed = [
      [this.mixed, told.mixed],
      [this.dj, told.dj],
      [this.mood, told.isMood],
    ];
    for (const [button, on] of pressed) change(button, "ariaPressed", String(on));
    const minutes = Math.ceil(told.asleep / 60);
    const left = minutes ? unit(minutes, "minute") : words.off;
    change(this.sleep, "ariaLabel", `${words.sleep}: ${left}`);
    change(this.sleep, "title", this.sleep.ariaLabel);
    change(this.left, "textContent", minutes ? inLanguage(minutes) : "");
    this.sleep.toggleAttribute("data-on", minutes > 0);
    this.#slide(this.volume, told.volume, `${inLanguage(Math.round(told.volume * 100))} %`);
    this.#slide(this.fade, told.fade, unit(told.fade, "second", "short"));
    const said = state === "paused" ? words.paused : state === "playing" ? words.playing : "";
    // One line: what plays, and from whom.
    const line = song && (said || state === "error") ? [said, song.title, artists, whose] : [];
    change(this.status, "textContent", line.filter(Boolean).join(" · "));
    this.#told = told;
  }

  #slide(range, value, said) {
    change(range, "value", String(value));
    change(range, "ariaValueText", said);
    const output = range.nextElementSibling;
    if (output?.tagName === "OUTPUT") change(output, "textContent", said);
    range.style.setProperty("--part", Number(range.max) ? value / Number(range.max) : 0);
  }

  /** Draw how far the song is, in seconds. */
  place(time, seconds) {
    const at = [Math.floor(time), Math.floor(seconds)];
    if (at[0] === this.#at[0] && at[1] === this.#at[1]) return;
    this.#at = at;
    this.seek.parentElement.hidden = !seconds;
    change(this.seek, "max", String(at[1]));
    this.#slide(this.seek, Math.min(...at), `${clock(time)} / ${clock(seconds)}`);
    this.passed.textContent = clock(time);
    this.whole.textContent = clock(seconds);
  }
}
