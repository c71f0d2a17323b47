// Hands the page's songs and words to the player that lives beside the page, and tells the page of the DJ mode.
export default function ({ data, setStateValue }) {
  const hand = () => window.moodring.player.load(data);
  if (window.moodring?.player) hand();
  else window.addEventListener("moodring-player-here", hand, { once: true });
  if (!data.items) return undefined;
  // The song that plays while the DJ is on, null while it is off.
  const tell = () => {
    const { player } = window.moodring;
    const now = player.dj() ? player.state().id : null;
    if (now !== (data.dj ?? null)) setStateValue("dj", now);
  };
  document.addEventListener("moodring-player", tell);
  return () => {
    window.removeEventListener("moodring-player-here", hand);
    document.removeEventListener("moodring-player", tell);
  };
}
