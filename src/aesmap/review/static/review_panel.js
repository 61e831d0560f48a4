// The form of a review that filters and orders.
import { FilterPanel } from "./filter_panel.js";
import { faultName } from "./review_facts.js";
import { SORTS } from "./review_filter.js";
import { store } from "./review_store.js";

const NAMES = ["sort", "decided", "stars", "fault", "attribute", "doubt", "folder", "date", "camera", "lens", "shape", "burst"];
let panel = null;

/** Make the form; `onInput(change)` hears of what is chosen. */
export function makePanel(onInput, onClear) {
  panel = new FilterPanel(document.getElementById("filter"), document.getElementById("open-filter"), {
    names: NAMES, sorts: SORTS, onInput, onClear, faultName,
  });
}

/** Have the form say what is chosen, and offer what there is. */
export const showPanel = (filter) => panel.show(filter, store.photos);
export const panelIsOpen = () => panel.isOpen;
export const openPanel = (open, focus = false) => panel.open(open, focus);
