const KINDS = [
  ["insecure", /not loaded securely|getUserMedia is not implemented/],
  ["refused", /NotAllowedError|SecurityError|[Pp]ermission/],
  ["missing", /NotFoundError|OverconstrainedError|device not found/],
  ["busy", /NotReadableError|AbortError|TrackStartError|Could not start/],
  ["failed", /Error/],
];
// After Start the frame has the focus, and keys pressed there would be lost to the page.
const passOn = ({ key, code }) => {
  if (!["p", "q"].includes(key.toLowerCase())) return;
  const options = { key, code, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new KeyboardEvent("keydown", options));
  document.body.dispatchEvent(new KeyboardEvent("keyup", options));
};
export default function ({ parentElement, setStateValue }) {
  if (parentElement.moodringTimer) return;
  let last = "";
  const look = () => {
    let kind = "";
    if (!window.isSecureContext || !navigator.mediaDevices) kind = "insecure";
    for (const frame of document.querySelectorAll('iframe[src*="webrtc_streamer"]')) {
      const inside = frame.contentDocument;
      if (inside && !inside.moodringKeys) {
        inside.moodringKeys = true;
        inside.addEventListener("keydown", passOn);
      }
      const alert = inside?.querySelector('[role="alert"]');
      const text = alert?.textContent ?? "";
      if (text && !kind) kind = (KINDS.find(([, words]) => words.test(text)) ?? [""])[0];
    }
    if (kind !== last) {
      last = kind;
      setStateValue("problem", kind);
    }
  };
  parentElement.moodringTimer = setInterval(look, 400);
  return () => {
    clearInterval(parentElement.moodringTimer);
    delete parentElement.moodringTimer;
  };
}
