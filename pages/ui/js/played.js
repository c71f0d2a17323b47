// Counts how long each own song was really heard, and tells the page of those that count as played.
const OWN = ["file", "server"];
// A song counts when half of it was heard, or four minutes of it: the rule of ListenBrainz.
const HEARD_S = 240;
const LOOK_MS = 1000;
// A step of the position that is longer than the time that passed is a jump, not listening.
const SLACK_S = 1;
const KEPT = 50;

// One for all pages: the player goes on while they come and go.
function listener() {
  let now = null;
  const waiting = [];
  let tell = null;
  const hand = () => {
    if (tell && waiting.length) tell(waiting.splice(0));
  };
  const finish = () => {
    if (now && !now.told && now.heard > 0) {
      now.told = true;
      const { id, listened_at, heard } = now;
      waiting.push({ id, listened_at, seconds: Math.round(heard) });
      if (waiting.length > KEPT) waiting.shift();
      hand();
    }
  };
  const look = () => {
    const { state, kind, id, time = 0, seconds = 0 } = window.moodring?.player?.state() ?? {};
    const at = performance.now() / 1000;
    const own = OWN.includes(kind);
    // Back at its beginning, a song that has counted begins anew.
    const again = now?.told && time < Math.min(SLACK_S, now.time - SLACK_S);
    if (now && (id !== now.id || !own || again)) {
      finish();
      now = null;
    }
    if (!own) return;
    if (!now) {
      if (state !== "playing") return;
      now = { id, listened_at: Math.floor(Date.now() / 1000), heard: 0, time, at, told: false };
      return;
    }
    const step = time - now.time;
    if (step > 0 && step <= at - now.at + SLACK_S) now.heard += step;
    Object.assign(now, { time, at });
    if (now.heard >= (seconds > 0 ? Math.min(HEARD_S, seconds / 2) : HEARD_S)) finish();
  };
  document.addEventListener("moodring-player", look);
  setInterval(look, LOOK_MS);
  return {
    hear(fn) {
      tell = fn;
      hand();
    },
  };
}

export default function ({ setTriggerValue }) {
  window.moodring ??= {};
  window.moodring.played ??= listener();
  window.moodring.played.hear((played) => setTriggerValue("played", played));
  return () => window.moodring.played.hear(null);
}
