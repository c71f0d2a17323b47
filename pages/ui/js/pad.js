const STEP = 0.05;
// How long the page may take to answer a move; until then it speaks of older ones.
const ANSWER_MS = 3000;
const clamp = (v) => Math.min(1, Math.max(0, v));
export default function ({ parentElement, data, setStateValue }) {
  const pad = parentElement.querySelector(".pad");
  const dot = parentElement.querySelector(".dot");
  pad.setAttribute("aria-label", data.label);
  let x = (data.valence + 1) / 2,
    y = data.energy;
  pad.moodring ??= {};
  const own = pad.moodring;
  const answered = own.sent && Math.hypot(x - own.sent.x, y - own.sent.y) < 0.01;
  if (own.timer || (own.sent && !answered && Date.now() - own.sentAt < ANSWER_MS)) {
    ({ x, y } = own);
  } else {
    own.sent = null;
  }
  const draw = () => {
    dot.style.left = `${x * 100}%`;
    dot.style.top = `${(1 - y) * 100}%`;
  };
  const send = () => {
    Object.assign(own, { x, y, timer: null, sent: { x, y }, sentAt: Date.now() });
    setStateValue("point", { valence: 2 * x - 1, energy: y });
  };
  const move = (event) => {
    const box = pad.getBoundingClientRect();
    x = clamp((event.clientX - box.left) / box.width);
    y = clamp(1 - (event.clientY - box.top) / box.height);
    draw();
  };
  pad.onpointerdown = (event) => {
    pad.setPointerCapture(event.pointerId);
    move(event);
  };
  pad.onpointermove = (event) => {
    if (event.buttons) move(event);
  };
  pad.onpointerup = send;
  pad.onkeydown = (event) => {
    const steps = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, STEP],
      ArrowDown: [0, -STEP],
    }[event.key];
    if (!steps) return;
    event.preventDefault();
    x = clamp(x + steps[0]);
    y = clamp(y + steps[1]);
    draw();
    parentElement.querySelector(".mr-say").textContent =
      `valence ${(2 * x - 1).toFixed(2)}, energy ${y.toFixed(2)}`;
    clearTimeout(own.timer);
    Object.assign(own, { x, y, timer: setTimeout(send, 400) });
  };
  draw();
}
