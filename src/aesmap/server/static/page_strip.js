// The photographs of the page as a row of small pictures, each with its score.
import { make } from "./elements.js";
import { inShort } from "./page_facts.js";

export class Strip {
  /** In a list element; `choose` is called with the photo that is pressed. */
  constructor(list, choose) {
    Object.assign(this, { list, choose, entries: new Map() });
  }

  /** Show these photographs in this order, one of them as the current one. */
  show(items, current, isTechnical) {
    const shown = new Set(items);
    for (const [item, entry] of this.entries) if (!shown.has(item)) { entry.remove(); this.entries.delete(item); }
    items.forEach((item, place) => {
      const entry = this.#entryOf(item);
      if (this.list.children[place] !== entry) this.list.insertBefore(entry, this.list.children[place] ?? null);
      const button = entry.firstElementChild, { answer } = item;
      button.dataset.state = item.state;
      button.setAttribute("aria-current", String(item === current));
      const number = isTechnical ? answer?.technical : answer?.score;
      button.lastElementChild.textContent = { done: number?.toFixed(1) ?? "–", failed: "failed", looking: "…", waiting: "" }[item.state];
      button.setAttribute("aria-label", `${item.file.name}, ${inShort(item)}`);
    });
  }

  get hasFocus() { return this.list.contains(document.activeElement); }

  /** Bring a photograph into view, and the focus with it where it was in the row. */
  reveal(item) {
    const entry = this.entries.get(item);
    if (!entry) return;
    const from = entry.offsetLeft - this.list.offsetLeft, to = from + entry.offsetWidth, { scrollLeft, clientWidth } = this.list;
    if (from < scrollLeft) this.list.scrollLeft = from - 8;
    else if (to > scrollLeft + clientWidth) this.list.scrollLeft = to - clientWidth + 8;
    if (this.hasFocus) entry.firstElementChild.focus({ preventScroll: true });
  }

  #entryOf(item) {
    if (!this.entries.has(item)) {
      const entry = make("li"), button = make("button", "", { type: "button" });
      const small = make("img", "", { src: item.url, alt: "", loading: "lazy", decoding: "async" });
      small.addEventListener("error", () => { small.hidden = true; }); // a format browsers do not show, or none
      button.append(small, make("b"));
      button.addEventListener("click", () => this.choose(item));
      entry.append(button);
      this.entries.set(item, entry);
    }
    return this.entries.get(item);
  }
}
