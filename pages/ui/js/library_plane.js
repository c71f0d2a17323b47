export default function ({ parentElement, data, setTriggerValue }) {
  let plane = null;
  let song = parentElement.moodringOpened === undefined ? null : data.opened;
  if (parentElement.moodringOpened === data.opened) song = null;
  parentElement.moodringOpened = data.opened;
  const clicked = (event) => {
    const key = event.points?.[0]?.customdata?.[0];
    if (key) setTriggerValue("clicked", key);
  };
  const leave = () => plane?.removeListener?.("plotly_click", clicked);
  // It is drawn later than this, and anew with other songs; so is the song that was opened.
  const look = () => {
    const card = song && document.querySelector(".st-key-library-song");
    if (card) {
      song = null;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      card.scrollIntoView({ block: "nearest", behavior: still ? "auto" : "smooth" });
    }
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
