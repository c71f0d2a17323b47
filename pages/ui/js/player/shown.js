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

  /** Say of links that they play, once their songs have got a preview. */
  mark() {
    const links = document.querySelectorAll(".mr-tile[data-song] a.mr-cover:not([data-play])");
    for (const link of links) {
      const { song } = link.closest("[data-song]").dataset;
      if (!this.songs.some((one) => one.id === song)) continue;
      link.dataset.play = song;
      link.role = "button";
      const said = link.querySelector(".does");
      const picture = link.querySelector("img");
      picture.alt = picture.alt.replace(said.textContent, this.words.preview);
      said.textContent = this.words.preview;
    }
  }
}
