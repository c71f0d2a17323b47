// Hands on what the server reads in the camera's pictures, as its socket tells it, and has the page run when the
// server wants that.
const RETRY_MS = 1000;
const RETRY_AT_LAST_MS = 30000;
// A run may be cut short by another, and its wish with it.
const ASK_AGAIN_MS = 3000;
// The server's words for "the camera has ended" and "another socket tells it now".
const ENDED = 1000;
const REPLACED = 4001;
// Ours: the page needs this socket no longer.
const DETACHED = 4002;

// Names a mood that differs from that of the songs on the page's button, as the page itself does when it runs.
const invite = (text) => {
  const label = document.querySelector(".st-key-play-my-mood button p")?.firstChild;
  if (text && label && label.data !== text) label.data = text;
};

const open = () => {
  let given = {};
  let wish = null;
  let seen = null;
  let socket = null;
  let retry = null;
  let pause = RETRY_MS;
  let again = null;
  let present = "";
  let leaving = false;
  let over = null;
  const show = () => {
    if (!seen) return;
    document.moodring = { ...seen, ...given.own, ...document.moodringPaused };
    document.dispatchEvent(new CustomEvent("moodring-reading", { detail: document.moodring }));
    invite(given.finds[seen.feeling]);
  };
  const ask = () => {
    clearTimeout(again);
    if (!(seen?.turn > given.turn)) return;
    wish("turn", seen.turn);
    again = setTimeout(ask, ASK_AGAIN_MS);
  };
  const close = () => {
    clearTimeout(retry);
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(DETACHED);
    socket = null;
  };
  // A page that is hidden sends nothing, and is waited for; one that is left is not.
  const tellPresence = () => {
    const told = document.hidden || document.moodringPaused ? "away" : "back";
    if (leaving || told === present || socket?.readyState !== WebSocket.OPEN) return;
    present = told;
    socket.send(told);
  };
  const connect = () => {
    close();
    const url = new URL(given.address, document.baseURI);
    url.protocol = url.protocol.replace("http", "ws");
    socket = new WebSocket(url);
    socket.onopen = () => {
      present = "";
      tellPresence();
    };
    socket.onmessage = ({ data }) => {
      const before = seen?.turn;
      pause = RETRY_MS;
      seen = JSON.parse(data);
      show();
      if (seen.turn !== before) ask();
    };
    socket.onclose = ({ code }) => {
      over = [ENDED, REPLACED].find((final) => final === code) ?? null;
      if (over) return;
      // An address that has ended gets another with a run of the page.
      if (pause > RETRY_MS) wish("turn", pause);
      retry = setTimeout(connect, pause);
      pause = Math.min(2 * pause, RETRY_AT_LAST_MS);
    };
  };
  const end = new AbortController();
  const follow = () => {
    leaving = false;
    // The system may have closed it meanwhile.
    if (!document.hidden && socket?.readyState === WebSocket.CLOSED && !over) connect();
    tellPresence();
    show();
  };
  const options = { signal: end.signal };
  document.addEventListener("visibilitychange", follow, options);
  document.addEventListener("moodring-paused", follow, options);
  window.addEventListener("pageshow", follow, options);
  window.addEventListener("online", follow, options);
  window.addEventListener(
    "pagehide",
    () => {
      leaving = true;
    },
    options,
  );
  // Tells whether it could be sent.
  document.moodringSend = (content) => {
    if (socket?.readyState !== WebSocket.OPEN) return false;
    socket.send(content);
    return true;
  };
  return {
    take: (data, setTriggerValue) => {
      const { address } = given;
      given = data;
      wish = setTriggerValue;
      // A camera that was started again before the page had drawn its end keeps its address.
      if (data.address !== address || over === ENDED) {
        seen = over = null;
        connect();
      }
      show();
      ask();
    },
    close: () => {
      clearTimeout(again);
      end.abort();
      delete document.moodringSend;
      close();
      invite(given.finds[""]);
    },
  };
};

export default function ({ parentElement, data, setTriggerValue }) {
  parentElement.moodringLive ??= open();
  parentElement.moodringLive.take(data, setTriggerValue);
  return () => {
    parentElement.moodringLive?.close();
    delete parentElement.moodringLive;
  };
}
