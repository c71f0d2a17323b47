// Mood sound: an endless piece made from a mood. Composing is pure; rendering and live playing use
// Web Audio. `docs/mood-sound.md` says how it is made.
export { compose } from "./compose.js";
export { LiveMoodSound } from "./live.js";
export { loudnessOf } from "./loudness.js";
export { render, renderAhead, wav } from "./render.js";
