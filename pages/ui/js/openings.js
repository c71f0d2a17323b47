export default function ({ setTriggerValue }) {
  const opened = (event) => {
    const tile = event.target.closest?.('[class*="st-key-tile-"]');
    if (!tile || !event.target.closest("a")) return;
    const index = tile.className.match(/st-key-tile-(\d+)/);
    if (index) setTriggerValue("opened", Number(index[1]));
  };
  document.addEventListener("click", opened, true);
  return () => document.removeEventListener("click", opened, true);
}
