// The rows are drawn anew with other songs only: a row that was pressed keeps the focus.
const made = (tag, className, text) => {
  const one = document.createElement(tag);
  if (className) one.className = className;
  if (text) one.textContent = text;
  return one;
};
const line = (row, words) => {
  const item = made("li");
  const tick = made("input");
  Object.assign(tick, { type: "checkbox", value: row.key });
  tick.setAttribute("aria-label", words.tick.replace("{title}", row.title));
  const label = made("label", "tick");
  label.append(tick);
  const open = made("button", "open");
  open.type = "button";
  open.value = row.key;
  const cover = made("img");
  Object.assign(cover, { src: row.cover, alt: "", loading: "lazy" });
  const names = made("span", "names");
  for (const [tag, text] of [
    ["b", row.title],
    ["span", row.artist],
  ]) {
    const name = made(tag, "", text);
    name.dir = "auto";
    names.append(name);
  }
  open.append(cover, names, made("span", "word", row.mood));
  item.append(label, open);
  return item;
};
export default function ({ parentElement, data, setStateValue, setTriggerValue }) {
  const list = parentElement.querySelector("ul");
  list.setAttribute("aria-label", data.words.list);
  const now = JSON.stringify(data.rows);
  if (list.moodring !== now) {
    list.moodring = now;
    list.replaceChildren(...data.rows.map((row) => line(row, data.words)));
    // The browser's own ticks go first: the server may not have heard of the newest.
    list.ticked ??= data.ticked;
    for (const tick of list.querySelectorAll("input"))
      tick.checked = list.ticked.includes(tick.value);
  }
  for (const open of list.querySelectorAll(".open"))
    open.setAttribute("aria-current", open.value === data.opened);
  list.onclick = (event) => {
    const open = event.target.closest(".open");
    if (open) setTriggerValue("opened", open.value);
  };
  list.onchange = () => {
    list.ticked = [...list.querySelectorAll("input:checked")].map((tick) => tick.value);
    setStateValue("ticked", list.ticked);
  };
}
