// Streamlit draws a page part by part, and each part moves the others: the first one shows when it stands.
const root = document.documentElement;
const LATEST_MS = 6000;
const stands = () => {
  const app = document.querySelector(".stApp");
  if (!app?.querySelector(".st-key-top") || app.querySelector('[data-testid="stSkeleton"]'))
    return false;
  return (
    app.dataset.testScriptState === "notRunning" || app.querySelector(".st-key-agree") !== null
  );
};
const watcher = new MutationObserver(() => {
  if (stands()) show();
});
const show = () => {
  watcher.disconnect();
  // Two frames, for what the last part has changed to be laid out.
  requestAnimationFrame(() => requestAnimationFrame(() => root.removeAttribute("data-drawing")));
};
root.toggleAttribute("data-framed", window.top !== window);
root.setAttribute("data-drawing", "");
watcher.observe(root, {
  childList: true,
  subtree: true,
  attributeFilter: ["data-test-script-state"],
});
setTimeout(show, LATEST_MS);
