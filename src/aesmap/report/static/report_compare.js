// Photographs of the report side by side, in a dialog of their own, and what is decided there.
import { ComparePanes, MOST_COMPARED, stepCompared, windowOn } from "./compare_panes.js";
import { legend, numbersOf } from "./elements.js";
import { decideOn, makeDeciding, markDeciding, stepBack, tell } from "./report_deciding.js";
import { decisionOf } from "./report_decisions.js";
import { look, redraw, ReportPane } from "./report_pane.js";
import { VIEWS } from "./report_words.js";

const compareDialog = document.getElementById("compare");
const compareKinds = document.getElementById("compare-view");
const comparing = document.getElementById("comparing");
const together = { all: [], shown: [], photo: null };

// With what tells it from the best of its burst.
const comparedNumbers = (photo) => [numbersOf(photo), photo.reasons].filter(Boolean).join(" · ");

const comparePanes = new ComparePanes(document.getElementById("panes"), {
  makePane: () => new ReportPane(), decisionOf, numbersOf: comparedNumbers,
  onChoose: (number) => { together.photo = together.shown[number]; showCompared(); },
});

export const compareIsOpen = () => compareDialog.open;
/** The photographs that are side by side, the one with the frame first in `photo`. */
export const compared = () => ({ shown: together.shown, photo: together.photo });

let compareListener = () => {};
/** Have a function called when other photographs are side by side. */
export const onCompared = (listener) => { compareListener = listener; };

/** Put some photographs side by side, one of them with the frame; false if there are none to compare. */
export function openCompare(all, photo, kind) {
  if (all.length < 2) return false;
  Object.assign(together, { all, photo: all.includes(photo) ? photo : all[0] });
  together.shown = windowOn(all, together.photo);
  [look.kind] = kind.split(":"); // of one photo's attributes and faults, the first: others have others
  Object.assign(look, { zoom: null, crop: "" });
  if (!compareDialog.open) compareDialog.showModal();
  document.getElementById("panes").focus();
  tell(all.length > MOST_COMPARED ? `${MOST_COMPARED} of ${all.length}; the arrows lead on.` : "");
  showCompared();
  return true;
}

export const closeCompare = () => compareDialog.close();

function showCompared() {
  comparePanes.show(together.shown, together.photo);
  markDeciding(comparing, together.photo);
  compareKinds.value = look.kind;
  document.getElementById("compare-legend").replaceChildren(...legend(look.kind, "", together.shown.some((photo) => photo.uncoloured.length > 0)));
  compareListener();
}

export function stepInCompare(by) {
  Object.assign(together, stepCompared(together.all, together.shown, together.photo, by));
  showCompared();
}

export function decideInCompare(change) {
  decideOn(together.photo, change);
  showCompared();
}

export function stepBackInCompare(back) {
  const photo = stepBack(back);
  if (together.all.includes(photo)) {
    together.photo = photo;
    if (!together.shown.includes(photo)) together.shown = windowOn(together.all, photo);
  }
  showCompared();
}

/** Another map over all of them; the same one again puts it away. */
export function setComparedView(kind) {
  look.kind = look.kind === kind ? "photo" : kind;
  showCompared();
}

export const comparedView = () => look.kind;
export const zoomCompared = () => comparePanes.paneAt(together.photo).toggleZoom();
export const panCompared = (dx, dy) => comparePanes.paneAt(together.photo).pan(dx, dy);

for (const [kind, label] of VIEWS) compareKinds.append(new Option(label, kind));
compareKinds.addEventListener("change", () => { look.kind = compareKinds.value; showCompared(); });
makeDeciding(comparing, () => together.photo, (change) => (change === null ? stepBackInCompare(true) : decideInCompare(change)));
document.getElementById("compare-close").addEventListener("click", closeCompare);
compareDialog.addEventListener("close", () => {
  for (const pane of comparePanes.panes) pane.clear();
  Object.assign(together, { all: [], shown: [], photo: null });
  look.zoom = null;
  redraw();
  compareListener();
});
