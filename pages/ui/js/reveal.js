// The first songs lie below the mood: the page moves once, so far that their covers are seen and the mood still is.
// Tries while the page is at rest: a slow machine draws the songs late.
const TRIES = 60;
const PAUSE_MS = 50;
const GAP = 12;
export default function ({ data }) {
  if (!data.songs || window.moodringRevealed) return;
  window.moodringRevealed = true;
  let tries = 0;
  const move = () => {
    const cover = document.querySelector(".st-key-tile-0 img");
    const mood = document.querySelector(".st-key-mood-label");
    const main = document.querySelector('[data-testid="stMain"]');
    if (!cover?.clientHeight) {
      const { testScriptState } = document.querySelector(".stApp").dataset;
      if (testScriptState === "notRunning") tries += 1;
      if (tries < TRIES) setTimeout(move, PAUSE_MS);
      return;
    }
    // Even the mood sound's own button would lie on what plays a cover.
    const dock = document.querySelector(".st-key-dock");
    const foot = dock?.getBoundingClientRect().top ?? window.innerHeight;
    const hidden = cover.getBoundingClientRect().bottom + GAP - foot;
    const room = mood ? mood.getBoundingClientRect().top - GAP : hidden;
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const top = Math.min(hidden, room);
    if (top > 0) main?.scrollBy({ top, behavior: still ? "auto" : "smooth" });
  };
  move();
}
