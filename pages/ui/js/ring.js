// The ring lies in the page and not in this component, around the camera's frame.
const SEVEN = 360;
const arcs = ({ scores, colours }) => {
  const sum = scores.reduce((all, one) => all + one, 0) || 1;
  let at = 0;
  const stops = scores.map((score, index) => {
    const from = at;
    at += (score / sum) * SEVEN;
    return `${colours[index]} ${from.toFixed(1)}deg ${at.toFixed(1)}deg`;
  });
  return `conic-gradient(${stops.join(",")})`;
};
export default function ({ data }) {
  const ring = document.querySelector(".st-key-ring");
  if (!ring) return;
  ring.dataset.state = data.state;
  ring.dataset.mood = data.name ?? "";
  if (data.scores) ring.style.setProperty("--mr-arcs", arcs(data));
  else ring.style.removeProperty("--mr-arcs");
}
