// One photograph, large, to be decided on.
import { factsOf } from "./review_facts.js";
import { pictureOf } from "./review_api.js";
import { fetchAhead } from "./review_loader.js";
import { detailOf, Pane } from "./review_pane.js";

const section = document.getElementById("single");
const facts = document.getElementById("facts");

/** The large view; `view` is shared with the comparison, `onView` is called when it changes. */
export class Single {
  constructor(view, onView, onSwipe) {
    this.view = view;
    this.pane = new Pane(view, onView, onSwipe);
    document.getElementById("stage").append(this.pane.element);
  }

  get isOpen() { return !section.hidden; }

  close() { section.hidden = true; }

  /** Show a photograph; `list` is where the arrows lead. */
  show(photo, list) {
    section.hidden = false;
    const place = list.indexOf(photo);
    this.pane.show(photo);
    const near = [list[place + 1], list[place + 2], list[place - 1]].filter((other) => other && !other.problem);
    fetchAhead(near.map((other) => pictureOf(other, "preview")));
    this.showFacts(photo, place < 0 ? "not in what is shown" : `${place + 1} of ${list.length}`);
  }

  showFacts(photo, place) {
    const shown = `${photo.id} ${place}`;
    const fill = (detail) => {
      const top = this.shown === shown ? facts.scrollTop : 0;
      const held = facts.contains(document.activeElement) ? document.activeElement.dataset.kind : undefined;
      this.shown = shown;
      facts.replaceChildren(...factsOf(photo, detail, place));
      facts.scrollTop = top;
      this.mark();
      if (held !== undefined) facts.querySelector(`[data-kind="${CSS.escape(held)}"]`)?.focus();
    };
    this.wanted = photo;
    detailOf(photo).then((detail) => { if (this.wanted === photo) fill(detail); }, () => { if (this.wanted === photo) fill(null); });
  }

  /** Say which map is shown. */
  mark() {
    for (const button of facts.querySelectorAll("[data-kind]")) {
      button.setAttribute("aria-pressed", String(button.dataset.kind === this.view.kind));
    }
  }
}
