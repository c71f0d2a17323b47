// The frame's own document is another library's: it gets the look of the page, and no errors of its own.
const LOOK = `
  body { background: transparent !important; font-family: "Source Sans", system-ui, sans-serif !important; }
  [role="alert"] { position: absolute !important; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .MuiButton-root { min-height: 44px; padding: 8px 22px !important; border-radius: 999px !important; box-shadow: none !important;
    font: 600 16px/1.4 "Source Sans", system-ui, sans-serif !important; letter-spacing: 0 !important; text-transform: none !important; }
  .MuiButton-text { font-weight: 450 !important; }
  .MuiButton-root:focus-visible { outline: 3px solid currentColor; outline-offset: -5px; }
  .MuiPaper-root { background: transparent !important; }
`;
const dress = (frame, inside) => {
  frame.title = "Your camera";
  inside.documentElement.lang = "en";
  const style = inside.createElement("style");
  style.textContent = LOOK;
  inside.head.append(style);
  inside.defaultView.dispatchEvent(new Event("resize"));
};
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
        dress(frame, inside);
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
