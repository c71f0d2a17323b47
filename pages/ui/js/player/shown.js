// What the page shows, and what of that can be played. Previews are found after the page was drawn.
const PREVIEW = "preview";

export class Shown {
  items = [];
  // By id: {preview, cover}.
  previews = {};
  words = {};

  /** The songs that can be played, in the page's order. */
  get songs() {
    return this.items.map((item) => this.#withPreview(item)).filter((item) => item.kind);
  }

  #withPreview(item) {
    const found = this.previews[item.id];
    if (item.kind || !found?.preview) return item;
    const cover = found.cover || item.cover;
    return { ...item, kind: PREVIEW, src: found.preview, cover, from: this.words.preview_from };
  }

  /** Say of links that they play, once their songs have got a preview, and no more when it is gone. */
  mark() {
    const plays = new Set(this.songs.map((one) => one.id));
    for (const link of document.querySelectorAll(".mr-tile[data-song] a.mr-cover")) {
      const { song } = link.closest("[data-song]").dataset;
      const { play, led } = link.dataset;
      if (!play && plays.has(song)) {
        link.dataset.play = song;
        link.dataset.led = this.#say(link, this.words.preview);
        link.role = "button";
      } else if (led && !plays.has(song)) {
        this.#say(link, led);
        delete link.dataset.play;
        delete link.dataset.led;
        link.removeAttribute("role");
        link.ariaPressed = null;
      }
    }
  }

  /** Let a cover say what a press does; returns what it said before. */
  #say(link, words) {
    const said = link.querySelector(".does");
    const picture = link.querySelector("img");
    const before = said.textContent;
    picture.alt = picture.alt.replace(before, words);
    said.textContent = words;
    return before;
  }
}
