const STEP = 0.05;
// How long the page may take to answer a move; until then it speaks of older ones.
const ANSWER_MS = 3000;
const clamp = (v) => Math.min(1, Math.max(0, v));
export default function ({ parentElement, data, setStateValue }) {
  const pad = parentElement.querySelector(".pad");
  const dot = parentElement.querySelector(".dot");
  const picture = parentElement.querySelector(".way");
  pad.setAttribute("aria-label", data.label);
  picture.hidden = !data.picture;
  if (data.picture && picture.src !== data.picture) picture.src = data.picture;
  for (const [index, corner] of parentElement.querySelectorAll(".corner").entries())
    corner.textContent = data.corners[index];
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
  // Valence counts half, as everywhere.
  const colour = () => {
    const far = ([valence, energy]) => Math.hypot((valence + 1) / 2 - x, energy - y);
    return data.colours.reduce((best, one) => (far(one) < far(best) ? one : best))[2];
  };
  const draw = () => {
    dot.style.left = `${x * 100}%`;
    dot.style.top = `${(1 - y) * 100}%`;
    dot.style.background = colour();
    const said = data.said
      .replace("{bright}", Math.round(x * 100))
      .replace("{lively}", Math.round(y * 100));
    pad.setAttribute("aria-valuenow", Math.round(x * 100));
    pad.setAttribute("aria-valuetext", said);
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
    clearTimeout(own.timer);
    Object.assign(own, { x, y, timer: setTimeout(send, 400) });
  };
  // Told later, it would undo what the visitor turns to now.
  pad.onblur = () => {
    if (!own.timer) return;
    clearTimeout(own.timer);
    send();
  };
  draw();
}
