// The frame's own document is another library's: it gets the look of the page, and no errors of its own.
const LOOK = `
  html, body { background: transparent !important; }
  body { overflow: hidden; font-family: "Source Sans", system-ui, sans-serif !important; }
  [role="alert"] { position: absolute !important; width: 1px; height: 1px; padding: 0 !important; overflow: hidden; visibility: hidden; }
  .MuiButton-root { min-height: 44px; padding: 8px 22px !important; border-radius: 999px !important; box-shadow: none !important;
    font: 600 16px/1.4 "Source Sans", system-ui, sans-serif !important; letter-spacing: 0 !important; text-transform: none !important; }
  .MuiButton-text { font-weight: 450 !important; }
  .MuiButton-root:focus-visible { outline: 3px solid currentColor; outline-offset: -5px; }
  .MuiTouchRipple-root { display: none; }
  .MuiPaper-root { visibility: hidden; }
  #root > .MuiBox-root { position: relative; height: 100vh; overflow: hidden; border-radius: 50%; }
  #root > .MuiBox-root > .MuiBox-root + .MuiBox-root { position: absolute; inset: 0; display: flex; flex-direction: column;
    align-items: center; justify-content: center; gap: 4px; }
  #root > .MuiBox-root .MuiButton-contained { font-size: 22px !important; padding: 14px 40px !important; }
  .moodring-on #root > .MuiBox-root > .MuiBox-root + .MuiBox-root { display: none; }
  /* Its list of cameras. */
  #root > .MuiStack-root { height: 100vh; justify-content: center; align-items: center; padding: 0 15%; }
  #root > .MuiStack-root > * { max-width: 100%; margin: 4px 0 !important; }
  /* Beneath the other ways, it is no circle. */
  @media (min-aspect-ratio: 2) {
    #root > .MuiBox-root { border-radius: 0; }
    #root > .MuiBox-root .MuiButton-contained { font-size: 16px !important; padding: 8px 22px !important; }
    #root > .MuiBox-root .MuiButton-text { display: none; }
  }
  @media (max-width: 240px) { #root > .MuiBox-root .MuiButton-text { font-size: 14px !important; padding: 4px 12px !important; } }
  @media (prefers-contrast: more) { .MuiButton-text { text-decoration: underline; } }
  @media (forced-colors: active) { .MuiButton-contained { border: 2px solid ButtonText !important; } }
`;
// Its fonts are the page's, whose addresses are seen from there.
const fonts = () =>
  [...document.styleSheets].flatMap((sheet) =>
    [...sheet.cssRules]
      .filter(
        (rule) =>
          rule instanceof CSSFontFaceRule &&
          rule.style.getPropertyValue("font-family").includes("Source Sans"),
      )
      .map((rule) =>
        rule.cssText.replace(
          /url\("?([^")]+)"?\)/g,
          (_, url) => `url("${new URL(url, sheet.href ?? document.baseURI)}")`,
        ),
      ),
  );
const dress = (inside) => {
  const style = inside.createElement("style");
  style.textContent = fonts().join("") + LOOK;
  inside.head.append(style);
};
// The visitor sees the very picture that the camera gives, not one that has been to the server and back. The frame
// ends its stream with its connection; what is kept here goes on by pictures.
const keepStream = (inside, look) => {
  const media = inside.defaultView.navigator.mediaDevices;
  if (!media?.getUserMedia) return;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wish) => {
    const stream = await open(wish);
    release();
    document.moodringStream = stream.clone();
    setTimeout(look);
    return stream;
  };
};
const release = () => {
  for (const track of document.moodringStream?.getTracks() ?? []) track.stop();
  delete document.moodringStream;
};
const mirror = (ring, stream) => {
  const shown = ring?.querySelector(":scope > video");
  if (!stream?.active) {
    shown?.remove();
    return;
  }
  const video =
    shown ??
    Object.assign(document.createElement("video"), {
      muted: true,
      autoplay: true,
      playsInline: true,
    });
  if (video.srcObject !== stream) video.srcObject = stream;
  if (!shown) ring?.append(video);
};
// Its own Stop would be a second one, and its list of cameras speaks English.
const rename = (node, word) => {
  const text = [...(node?.childNodes ?? [])].find((one) => one.nodeType === Node.TEXT_NODE);
  if (text && text.data !== word) text.data = word;
};
const tidy = (frame, inside, { title, stop, lang, camera, done }) => {
  const words = [...inside.querySelectorAll("button")].map((button) => button.textContent);
  const on = words.includes(stop);
  const begins = on && !inside.documentElement.classList.contains("moodring-on");
  inside.documentElement.classList.toggle("moodring-on", on);
  // What is read from a running camera says by which way it comes; between two pages nothing says anything.
  if (!on && document.moodring && !document.moodring.way) release();
  mirror(frame.closest(".st-key-ring"), document.moodringStream);
  // The server says so only after the next run.
  const detail = { ...document.moodring, state: "connecting" };
  if (begins && document.moodring?.state === "idle")
    document.dispatchEvent(new CustomEvent("moodring-reading", { detail }));
  inside.documentElement.lang = lang;
  // A frame of another scheme than the page's would be painted white.
  inside.documentElement.style.colorScheme = getComputedStyle(frame).colorScheme;
  inside.documentElement.dir = document.documentElement.dir;
  frame.title = title;
  const list = inside.querySelector("#root > .MuiStack-root");
  frame.toggleAttribute("data-list", list !== null);
  rename(list?.querySelector("label"), camera);
  rename(list?.querySelector("button"), done);
  frame.toggleAttribute("data-dressed", words.length > 0);
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
export default function ({ parentElement, data, setStateValue }) {
  parentElement.moodringWords = data;
  if (parentElement.moodringTimer) return;
  let last = "";
  const look = () => {
    let kind = "";
    if (!window.isSecureContext || !navigator.mediaDevices) kind = "insecure";
    for (const frame of document.querySelectorAll('iframe[src*="webrtc_streamer"]')) {
      const inside = frame.contentDocument;
      if (!inside?.body || inside.URL === "about:blank") continue;
      if (!inside.moodringKeys) {
        inside.moodringKeys = true;
        dress(inside);
        keepStream(inside, look);
        inside.addEventListener("keydown", passOn);
        new MutationObserver(look).observe(inside.body, {
          childList: true,
          subtree: true,
          characterData: true,
        });
      }
      tidy(frame, inside, parentElement.moodringWords);
      const alert = inside.querySelector('[role="alert"]');
      const text = alert?.textContent ?? "";
      if (text && !kind) kind = (KINDS.find(([, words]) => words.test(text)) ?? [""])[0];
    }
    if (kind !== last) {
      last = kind;
      setStateValue("problem", kind);
    }
  };
  parentElement.moodringTimer = setInterval(look, 200);
  look();
  return () => {
    clearInterval(parentElement.moodringTimer);
    delete parentElement.moodringTimer;
  };
}
