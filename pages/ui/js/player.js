export default function ({ setTriggerValue }) {
  const ended = (event) => {
    if (event.target.closest?.(".st-key-library-player")) setTriggerValue("ended", true);
  };
  // What happens to a player does not rise from it, so it is caught on the way down.
  document.addEventListener("ended", ended, true);
  return () => document.removeEventListener("ended", ended, true);
}
