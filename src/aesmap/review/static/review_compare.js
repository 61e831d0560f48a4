// The comparison of a review: its section, and what stands below each photograph.
import { ComparePanes } from "./compare_panes.js";
import { numbersOf } from "./elements.js";
import { Pane } from "./review_pane.js";
import { decisionOf } from "./review_store.js";

const section = document.getElementById("compare");

export class Compare extends ComparePanes {
  constructor(view, onView, onChoose) {
    super(document.getElementById("panes"), { makePane: () => new Pane(view, onView), decisionOf, numbersOf, onChoose });
  }

  close() {
    section.hidden = true;
    this.photos = [];
  }

  show(photos, active) {
    section.hidden = false;
    super.show(photos, active);
  }
}
