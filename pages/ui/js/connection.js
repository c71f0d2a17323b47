// Says that the server is out of reach, and hides it again. A server that is gone sends no words: they stand in
// the document, in each language, because a visitor may have chosen another one since.
const GONE_MS = 3000;
// Until the page is there for the first time.
const FIRST_MS = 15000;
// Timers that are so late were stopped; hidden pages have one a second, later one a minute.
const ASLEEP_MS = 2000;
const root = document.documentElement;
let reached = performance.now();
let looked = reached;
let patience = FIRST_MS;

setInterval(() => {
  const now = performance.now();
  // A phone that was locked has slept, not waited.
  if (now - looked > ASLEEP_MS) reached += now - looked;
  looked = now;
  if (document.querySelector(".stApp")?.dataset.testConnectionState === "CONNECTED") {
    reached = now;
    patience = GONE_MS;
  }
  const gone = now - reached > patience;
  if (gone === root.hasAttribute("data-gone")) return;
  root.toggleAttribute("data-gone", gone);
  const place = document.querySelector(".mr-gone");
  const words = JSON.parse(place.dataset.words);
  place.textContent = gone ? (words[root.lang] ?? words.en) : "";
}, 250);
