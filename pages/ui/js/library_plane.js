export default function ({ setTriggerValue }) {
  let plane = null;
  const clicked = (event) => {
    const key = event.points?.[0]?.customdata?.[0];
    if (key) setTriggerValue("clicked", key);
  };
  const leave = () => plane?.removeListener?.("plotly_click", clicked);
  // It is drawn later than this, and anew with other songs.
  const look = () => {
    const now = document.querySelector(".st-key-library-plane .js-plotly-plot");
    if (!now?.on || now === plane) return;
    leave();
    plane = now;
    plane.on("plotly_click", clicked);
  };
  const timer = setInterval(look, 200);
  return () => {
    clearInterval(timer);
    leave();
  };
}
