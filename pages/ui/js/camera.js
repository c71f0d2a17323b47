// The frame's own document is another library's: it gets the look of the page, and no errors of its own.
const LOOK = `
  body { background: transparent !important; font-family: "Source Sans", system-ui, sans-serif !important; }
  [role="alert"] { position: absolute !important; width: 1px; height: 1px; padding: 0 !important; overflow: hidden; clip-path: inset(50%); }
  .MuiButton-root { min-height: 44px; padding: 8px 22px !important; border-radius: 999px !important; box-shadow: none !important;
    font: 600 16px/1.4 "Source Sans", system-ui, sans-serif !important; letter-spacing: 0 !important; text-transform: none !important; }
  .MuiButton-text { font-weight: 450 !important; }
  .MuiButton-root:focus-visible { outline: 3px solid currentColor; outline-offset: -5px; }
  .MuiPaper-root { visibility: hidden; }
  #root > .MuiBox-root video { position: absolute; inset: 0; height: 100%; }
  #root > .MuiBox-root { position: relative; aspect-ratio: 1; overflow: hidden; border-radius: 50%; }
  #root > .MuiBox-root > .MuiBox-root + .MuiBox-root { position: absolute; inset: 0; display: flex; flex-direction: column;
    align-items: center; justify-content: center; gap: 4px; }
  #root > .MuiBox-root .MuiButton-contained { font-size: 22px !important; padding: 14px 40px !important; }
  .moodring-on #root > .MuiBox-root > .MuiBox-root + .MuiBox-root { display: none; }
`;
const dress = (inside) => {
  inside.documentElement.lang = "en";
  const style = inside.createElement("style");
  style.textContent = LOOK;
  inside.head.append(style);
};
// Its own Stop would be a second one, and its list of cameras is no circle.
const tidy = (frame, inside) => {
  const words = [...inside.querySelectorAll("button")].map((button) => button.textContent);
  inside.documentElement.classList.toggle("moodring-on", words.includes("Stop"));
  frame.title = "Your camera";
  frame.toggleAttribute("data-list", inside.querySelector("#root > .MuiStack-root") !== null);
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
        dress(inside);
        inside.addEventListener("keydown", passOn);
      }
      if (inside) tidy(frame, inside);
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
