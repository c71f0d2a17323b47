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
const held = { chosen: "", cameras: [], busy: false, stillSince: null, nextAt: 0, problem: "" };
const trackOf = (stream) => stream?.getVideoTracks()[0];
const isLive = (track) => track?.readyState === "live" && !track.muted;
const byPictures = () => document.moodring?.way === "pictures";
const stop = (stream) => {
  for (const track of stream?.getTracks() ?? []) track.stop();
};
const release = () => {
  stop(document.moodringStream);
  delete document.moodringStream;
};
const withDevice = (wish, deviceId) => ({ ...wish, video: { ...wish.video, deviceId } });
// A camera that was chosen may be gone by now.
const openChosen = async (wish) => {
  if (!held.chosen) return held.open(wish);
  try {
    const { facingMode, ...video } = wish.video;
    return await held.open(withDevice({ ...wish, video }, { exact: held.chosen }));
  } catch (error) {
    if (!["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
    held.chosen = "";
    return held.open(withDevice(wish));
  }
};
const listCameras = async () => {
  const all = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  held.cameras = all.filter(({ kind }) => kind === "videoinput");
};
const keepStream = (inside, look) => {
  const view = inside.defaultView;
  const media = view.navigator.mediaDevices;
  if (!media?.getUserMedia) return;
  const open = media.getUserMedia.bind(media);
  media.getUserMedia = async (wish) => {
    // The frame's own list shows each camera that is chosen there.
    const listed = wish.video.deviceId && !wish.video.width;
    Object.assign(held, { open, wish });
    // A trial beside pictures sends what they show.
    if (byPictures() && isLive(trackOf(document.moodringStream)))
      return document.moodringStream.clone();
    const stream = await (listed ? open(wish) : openChosen(wish));
    if (listed) held.chosen = trackOf(stream).getSettings().deviceId;
    release();
    document.moodringStream = stream.clone();
    listCameras().finally(look);
    return stream;
  };
  const Native = view.RTCPeerConnection;
  view.RTCPeerConnection = class extends Native {
    constructor(...given) {
      super(...given);
      held.peer = this;
    }
  };
};
// The camera may have been ended by the system or unplugged, or the visitor wants another one.
const reopen = async (look) => {
  if (held.busy) return;
  held.busy = true;
  const before = document.moodringStream;
  const sender = held.peer?.getSenders().find(({ track }) => track?.kind === "video");
  // A phone opens one at a time.
  stop(before);
  sender?.track.stop();
  try {
    const stream = await openChosen(withDevice(held.wish));
    if (document.moodringStream === before) {
      document.moodringStream = stream;
      // A connection that has ended has given way to pictures.
      await sender?.replaceTrack?.(trackOf(stream)).catch(() => null);
    } else stop(stream);
    held.problem = "";
  } catch (error) {
    held.problem = kindOf(error.name);
  }
  held.busy = false;
  listCameras().finally(look);
};
const takeNext = (look) => {
  const { deviceId } = trackOf(document.moodringStream)?.getSettings() ?? {};
  const at = held.cameras.findIndex((one) => one.deviceId === deviceId);
  held.chosen = held.cameras[(at + 1) % held.cameras.length].deviceId;
  reopen(look);
};
// A phone mutes a camera that it pauses, and may forget to give it back.
const MUTED_MS = 1500;
const REOPEN_MS = 3000;
const tend = ({ paused, waits }, look) => {
  const now = performance.now();
  const track = trackOf(document.moodringStream);
  const ended = track?.readyState === "ended";
  const still = !document.hidden && (ended || track?.muted);
  held.stillSince = still ? (held.stillSince ?? now) : null;
  const long = still && now - held.stillSince > MUTED_MS;
  // It is asked for again and again.
  const hint = long ? (waits[held.problem] ?? paused) : "";
  if (hint !== (document.moodringPaused?.hint ?? "")) {
    const nothing = { scores: null, name: null, box: null, people: undefined };
    document.moodringPaused = hint ? { ...nothing, state: "connecting", hint } : null;
    document.dispatchEvent(new Event("moodring-paused"));
  }
  if (!still || now < held.nextAt || (!ended && now - held.stillSince < REOPEN_MS)) return;
  held.nextAt = now + REOPEN_MS;
  reopen(look);
};
// Where pictures have taken the place of a connection, another one is tried from time to time, beside them.
const TRY_AFTER_MS = 15000;
const TRY_AT_LAST_MS = 600000;
const TRY_FOR_MS = 10000;
// A connection that lasted so long may be tried for as soon as the first time.
const LASTING_MS = 60000;
const ANEW_MS = 2000;
const trial = { after: TRY_AFTER_MS, at: null, until: null, streamSince: null };
const tryConnection = (inside, { start, stop }) => {
  const now = performance.now();
  if (!byPictures()) {
    const streams = Boolean(document.moodring?.way);
    trial.streamSince = streams ? (trial.streamSince ?? now) : null;
    if (!streams || now - trial.streamSince > LASTING_MS) trial.after = TRY_AFTER_MS;
    trial.at = trial.until = null;
    return;
  }
  trial.streamSince = null;
  trial.at ??= now + trial.after;
  const button = (word) =>
    [...inside.querySelectorAll("button")].find(({ textContent }) => textContent === word);
  if (trial.until === null) {
    const isReady = !document.hidden && isLive(trackOf(document.moodringStream)) && button(start);
    if (now < trial.at || !isReady) return;
    trial.until = now + TRY_FOR_MS;
    button(start).click();
  } else if (now > trial.until) {
    button(stop)?.click();
    trial.after = Math.min(2 * trial.after, TRY_AT_LAST_MS);
    trial.at = now + trial.after;
    trial.until = null;
  }
};
// Another network may let through what the one before did not.
const tryAnew = () => {
  if (trial.at === null) return;
  trial.after = ANEW_MS;
  trial.at = Math.min(trial.at, performance.now() + ANEW_MS);
};
const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 5l1.3-1.5h3.4L15 5h4a2 2 0 0 1 2 2v4h-2V7H5v4H3V7a2 2 0 0 1 2-2zM3 13h2v4h9v-2.5l4 3.5-4 3.5V19H5a2 2 0 0 1-2-2zm16 0h2v4a2 2 0 0 1-2 2zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"/></svg>';
const offerNext = (ring, word, look) => {
  const shown = ring.querySelector(":scope > .mr-next-camera");
  const wanted = document.moodringStream?.active && held.cameras.length > 1;
  if (!wanted) {
    if (!held.busy) shown?.remove();
    return;
  }
  const button =
    shown ??
    Object.assign(document.createElement("button"), {
      type: "button",
      className: "mr-next-camera",
      innerHTML: ICON,
      onclick: () => takeNext(look),
    });
  if (button.ariaLabel !== word) button.ariaLabel = button.title = word;
  if (!shown) ring.append(button);
};
const mirror = (ring, stream) => {
  const shown = ring.querySelector(":scope > video");
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
  if (!shown) ring.append(video);
  // Only a camera at one's own side is a mirror.
  const facing = trackOf(stream)?.getSettings().facingMode ?? "user";
  if (ring.dataset.facing !== facing) ring.dataset.facing = facing;
  // To save power, a phone plays nothing before a touch, nor goes on by itself.
  if (video.paused && !document.hidden) video.play().catch(() => null);
};
// Its own Stop would be a second one, and its list of cameras speaks English.
const rename = (node, word) => {
  const text = [...(node?.childNodes ?? [])].find((one) => one.nodeType === Node.TEXT_NODE);
  if (text && text.data !== word) text.data = word;
};
const tidy = (frame, inside, words, look) => {
  const { title, lang, camera, done, another } = words;
  const buttons = [...inside.querySelectorAll("button")].map((button) => button.textContent);
  // A camera that runs says by which way its pictures come, also when its connection has just ended.
  const on = buttons.includes(words.stop) || Boolean(document.moodring?.way);
  const begins = on && !inside.documentElement.classList.contains("moodring-on");
  inside.documentElement.classList.toggle("moodring-on", on);
  // Between two pages nothing says anything.
  if (!on && document.moodring) release();
  const ring = frame.closest(".st-key-ring");
  if (ring) {
    mirror(ring, document.moodringStream);
    offerNext(ring, another, look);
  }
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
  frame.toggleAttribute("data-dressed", buttons.length > 0);
};
const KINDS = [
  ["refused", /NotAllowedError|SecurityError|[Pp]ermission/],
  ["missing", /NotFoundError|OverconstrainedError|device not found/],
  ["busy", /NotReadableError|AbortError|TrackStartError|Could not start/],
  ["failed", /Error/],
];
// Apps that show pages themselves: most of them never ask for the camera.
const IN_APP = /\bFBA[NV]|Instagram|Line\/|; wv\)/;
const kindOf = (text) => {
  const kind = KINDS.find(([, words]) => words.test(text))?.[0] ?? "";
  return kind === "refused" && IN_APP.test(navigator.userAgent) ? "webview" : kind;
};
const lackOf = () => {
  if (!window.isSecureContext) return "insecure";
  return navigator.mediaDevices?.getUserMedia ? "" : "webview";
};
// After Start the frame has the focus, and keys pressed there would be lost to the page.
const passOn = ({ key, code }) => {
  if (!["p", "q"].includes(key.toLowerCase())) return;
  const options = { key, code, bubbles: true, cancelable: true };
  document.body.dispatchEvent(new KeyboardEvent("keydown", options));
  document.body.dispatchEvent(new KeyboardEvent("keyup", options));
};
const FRAME = 'iframe[src*="webrtc_streamer"]';
const pressStart = () =>
  document.querySelector(FRAME)?.contentDocument?.querySelector(".MuiButton-contained")?.click();
// Tells when the camera has become free to use, where the browser does.
const watchLacks = (lack, ended) => {
  const options = { signal: ended };
  const freed = async () => {
    await listCameras();
    if (lack() === "missing" && held.cameras.length) pressStart();
  };
  navigator.mediaDevices?.addEventListener?.("devicechange", freed, options);
  const permitted = ({ target }) => {
    if (target.state === "granted" && lack() === "refused") pressStart();
  };
  navigator.permissions
    ?.query({ name: "camera" })
    .then((status) => status.addEventListener("change", permitted, options))
    .catch(() => null);
  const touched = () =>
    document
      .querySelector(".st-key-ring > video")
      ?.play()
      .catch(() => null);
  document.addEventListener("pointerdown", touched, options);
  window.addEventListener("online", tryAnew, options);
};
export default function ({ parentElement, data, setStateValue }) {
  parentElement.moodringWords = data;
  if (parentElement.moodringEnd) return;
  let last = "";
  const look = () => {
    let kind = lackOf();
    for (const frame of document.querySelectorAll(FRAME)) {
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
      tidy(frame, inside, parentElement.moodringWords, look);
      tryConnection(inside, parentElement.moodringWords);
      kind ||= kindOf(inside.querySelector('[role="alert"]')?.textContent ?? "");
    }
    tend(parentElement.moodringWords, look);
    if (kind !== last) {
      last = kind;
      setStateValue("problem", kind);
    }
  };
  const end = new AbortController();
  const timer = setInterval(look, 200);
  parentElement.moodringEnd = () => {
    clearInterval(timer);
    end.abort();
  };
  watchLacks(() => last, end.signal);
  look();
  return () => {
    parentElement.moodringEnd?.();
    delete parentElement.moodringEnd;
  };
}
