// A screen reader is told of a change at most this often.
const SAY_EVERY_MS = 4000;
// A face that was missed for less is not said to be missing.
const FACELESS_MS = 1500;
// Shape of a picture whose size is not known yet.
const ASPECT = 4 / 3;
const UNSURE = "#fff";
// Height of the name at the face, with what is between them.
const TAG_PX = 40;
const colour = (name) => `var(--mr-${name})`;
const change = (node, text) => {
  if (node.textContent === text) return false;
  node.textContent = text;
  return true;
};
const fresh = (name, parent, kind = "div") => {
  const node = document.createElement(kind);
  node.className = name;
  parent.append(node);
  return node;
};
const percent = (share) =>
  new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" }).format(share);

const arcs = (scores) => {
  const seven = Object.entries(scores).filter(([name]) => name !== "contempt");
  const sum = seven.reduce((all, [, share]) => all + share, 0) || 1;
  let at = 0;
  const stops = seven.map(([name, share]) => {
    const from = at;
    at += (share / sum) * 360;
    return `${colour(name)} ${from.toFixed(1)}deg ${at.toFixed(1)}deg`;
  });
  return `conic-gradient(${stops.join(",")})`;
};

// A box lies over the mirror: a round cut from the middle of the picture, or the whole picture in the round.
const placeIn = (ring, box, whole) => {
  const video = ring.querySelector(":scope > video");
  const aspect = video?.videoWidth ? video.videoWidth / video.videoHeight : ASPECT;
  const fit = whole ? Math.min : Math.max;
  const [wide, high] = [fit(1, aspect), fit(1, 1 / aspect)];
  // The server sees a mirror.
  const start = ring.dataset.facing === "environment" ? 1 - box[0] - box[2] : box[0];
  const [left, top] = [0.5 + (start - 0.5) * wide, 0.5 + (box[1] - 0.5) * high];
  return { left, top, width: box[2] * wide, height: box[3] * high };
};
const at = (node, sides) => {
  for (const [side, share] of Object.entries(sides))
    node.style[side] = `${(share * 100).toFixed(1)}%`;
};
const frameFace = (ring, box, name, words) => {
  const face = ring.querySelector(":scope > .mr-face") ?? fresh("mr-face", ring);
  const corners = face.firstChild ?? fresh("corners", face);
  const tag = face.children[1] ?? fresh("tag", face);
  face.ariaHidden = "true";
  face.hidden = !box;
  if (!box) return;
  const { left, top, width, height } = placeIn(ring, box, false);
  at(corners, { left, top, width, height });
  const below = top < TAG_PX / ring.clientWidth;
  at(tag, { left: left + width / 2, top: below ? top + height : top });
  tag.classList.toggle("below", below);
  change(tag, name ? words.feelings[name] : words.labels.unsure);
  face.style.setProperty("--mr-face", name ? colour(name) : UNSURE);
};
// Each of several people has a small ring.
const framePeople = (ring, people) => {
  const layer = ring.querySelector(":scope > .mr-people") ?? fresh("mr-people", ring);
  layer.ariaHidden = "true";
  ring.toggleAttribute("data-people", people !== undefined);
  const all = people ?? [];
  while (layer.children.length > all.length) layer.lastChild.remove();
  all.forEach(({ box, name }, index) => {
    const person = layer.children[index] ?? fresh("mr-person", layer);
    const { left, top, width, height } = placeIn(ring, box, true);
    at(person, { left: left + width / 2, top: top + height / 2, width: Math.max(width, height) });
    person.style.setProperty("--mr-face", name ? colour(name) : UNSURE);
  });
};

const drawRing = (seen, words) => {
  const ring = document.querySelector(".st-key-ring");
  if (!ring) return;
  const { state, scores, name, box } = seen;
  if (ring.dataset.state !== state) ring.dataset.state = state;
  if (ring.dataset.mood !== (name ?? "")) ring.dataset.mood = name ?? "";
  if (seen.way) ring.dataset.way = seen.way;
  else delete ring.dataset.way;
  if (scores) ring.style.setProperty("--mr-arcs", arcs(scores));
  else ring.style.removeProperty("--mr-arcs");
  frameFace(ring, scores && box, name, words);
  framePeople(ring, seen.people);
};

const drawBars = (bars, scores, words) => {
  const shown = scores?.contempt === undefined ? words.bars : [...words.bars, "contempt"];
  while (bars.children.length > shown.length) bars.lastChild.remove();
  shown.forEach((name, index) => {
    const bar = bars.children[index] ?? fresh("bar", bars);
    if (!bar.firstChild) {
      fresh("name", bar, "span");
      fresh("fill", fresh("track", bar, "span"), "span");
      fresh("value", bar, "span");
    }
    const [label, track, value] = bar.children;
    const share = scores?.[name];
    change(label, words.feelings[name]);
    change(value, share === undefined ? "" : percent(share));
    track.firstChild.style.background = colour(name);
    track.firstChild.style.width = `${((share ?? 0) * 100).toFixed(1)}%`;
  });
};

const drawWord = (label, text, quiet) => {
  label.classList.toggle("quiet", quiet);
  if (!change(label, text)) return;
  // Long words are drawn smaller.
  label.style.setProperty("--letters", [...new Intl.Segmenter().segment(text)].length);
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!still) label.animate({ opacity: [0, 1] }, 300);
};

const light = (name) => {
  const root = document.documentElement.style;
  for (const number of [1, 2, 3])
    root.setProperty(`--mr-m${number}`, `var(--mr-${name}-${number})`);
};

// Speaks the last of what it is given, and not before it has been quiet for a while.
const speaker = (node) => {
  let text = "";
  let timer = null;
  let last = Number.NEGATIVE_INFINITY;
  const speak = () => {
    timer = null;
    if (change(node, text)) last = performance.now();
  };
  return (next) => {
    text = next;
    if (timer === null && next !== node.textContent)
      timer = setTimeout(speak, Math.max(0, last + SAY_EVERY_MS - performance.now()));
  };
};

const open = (root) => {
  const [said, label, hint, way, rate, seven, summary, bars, status] = [
    ".mr-said",
    ".mr-label",
    ".mr-hint",
    ".mr-way",
    ".mr-rate",
    ".mr-seven",
    "summary",
    ".mr-bars",
    ".mr-say",
  ].map((one) => root.querySelector(one));
  const say = speaker(status);
  let words = null;
  let seen = null;
  let lookingSince = null;
  let waiting = null;
  let held = null;
  const draw = () => {
    if (!words || !seen) return;
    const { state, scores, name } = seen;
    change(way, words.ways[seen.way] ?? "");
    change(rate, seen.rate ? words.rate.replace("{rate}", seen.rate) : "");
    clearTimeout(waiting);
    if (state !== "looking") lookingSince = null;
    else lookingSince ??= performance.now();
    const left = lookingSince === null ? 0 : lookingSince + FACELESS_MS - performance.now();
    const told = state === "looking" && left <= 0 ? "faceless" : state;
    if (left > 0) waiting = setTimeout(draw, left);
    // A face that is missed for a moment has not changed its mood.
    held = name ? seen : told === "looking" && held;
    if (held && !name) {
      drawRing(seen, words);
      return;
    }
    const word = seen.label ?? (name ? words.feelings[name] : words.labels[told]) ?? "";
    const sure = Boolean(name || seen.said);
    const all = seen.people?.length > 1 && !seen.said;
    change(said, sure ? (seen.said ?? (all ? words.all.said : words.said)) : "");
    drawWord(label, word, !sure);
    const both = (all && words.all[seen.together]) || "";
    change(hint, seen.hint ?? (sure || seen.label ? both : (words.hints[told] ?? "")));
    say(seen.spoken ?? (all ? `${words.all.said} ${word}` : (words.spoken[name] ?? word)));
    seven.hidden = !words.bars.length || (!scores && !seven.open);
    change(summary, words.seven);
    drawBars(bars, scores, words);
    if (seen.light ?? name) light(seen.light ?? name);
    drawRing(seen, words);
  };
  const follow = ({ detail }) => {
    seen = detail;
    draw();
  };
  document.addEventListener("moodring-reading", follow);
  return {
    speak: (given) => {
      words = given;
      seen = document.moodring ?? seen;
      draw();
    },
    close: () => {
      clearTimeout(waiting);
      document.removeEventListener("moodring-reading", follow);
    },
  };
};

export default function ({ parentElement, data }) {
  parentElement.moodring ??= open(parentElement);
  parentElement.moodring.speak(data);
  return () => {
    parentElement.moodring?.close();
    delete parentElement.moodring;
  };
}
