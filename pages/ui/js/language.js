// Words of Streamlit's own, which no parameter of its changes, are put into the page's language, too.
const NAMES = ["aria-label", "title"];
// Elsewhere a text may be a song's title.
const OWN =
  '[data-testid="stFileUploader"], [data-testid="stCameraInput"], [role="listbox"], [data-testid="stSkipToContent"]';
const follow = () => {
  let words = {};
  // What Streamlit had written, and what stands there now.
  const written = new WeakMap();
  const told = (node, place, now) => {
    const known = written.get(node)?.[place];
    const text = known?.shown === now ? known.text : now;
    const shown = words[text.trim()];
    if (shown === undefined) return now;
    written.set(node, { ...written.get(node), [place]: { text, shown } });
    return shown;
  };
  const read = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      if (!node.parentElement?.closest(OWN)) return;
      const shown = told(node, "text", node.data);
      if (shown !== node.data) node.data = shown;
      return;
    }
    for (const name of NAMES) {
      const now = node.getAttribute?.(name);
      if (!now) continue;
      const shown = told(node, name, now);
      if (shown !== now) node.setAttribute(name, shown);
    }
  };
  const readAll = (root) => {
    read(root);
    const kinds = NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT;
    const walker = document.createTreeWalker(root, kinds);
    while (walker.nextNode()) read(walker.currentNode);
  };
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) addedNodes.forEach(readAll);
  }).observe(document.body, { childList: true, subtree: true });
  return (given) => {
    words = given;
    readAll(document.body);
  };
};
export default function ({ data }) {
  document.documentElement.lang = data.lang;
  document.documentElement.dir = data.dir;
  document.moodringWords ??= follow();
  document.moodringWords(data.words);
}
