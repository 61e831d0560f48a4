// Keys and pointers.
import { flag, makeDeciding, stars, stepBack } from "./review_deciding.js";
import { numColumns, rowsInSight } from "./review_grid.js";
import { notice } from "./review_notice.js";
import { openPanel } from "./review_panel.js";
import {
  compare, go, here, list, move, nextMap, nextUndecided, place, select, selected, setFilter, setMap, setView, show,
  single, startCompare, walkBurst,
} from "./review_place.js";
import { store } from "./review_store.js";

const byId = (id) => document.getElementById(id);
const inGrid = (action) => () => (here.view === "grid" ? action() : undefined);
const keys = {
  ArrowLeft: () => move(-1), ArrowRight: () => move(1),
  ArrowUp: () => move(here.view === "grid" ? -numColumns() : -1), ArrowDown: () => move(here.view === "grid" ? numColumns() : 1),
  Home: () => go(list[0]), End: () => go(list[list.length - 1]),
  PageUp: inGrid(() => move(-numColumns() * rowsInSight())), PageDown: inGrid(() => move(numColumns() * rowsInSight())),
  Enter: inGrid(() => here.photo && setView("single")),
  Escape: () => {
    if (here.view === "compare") setView(here.before ?? "grid");
    else if (here.view === "single") setView("grid");
    else if (selected.size) { selected.clear(); show(); }
    else if (here.filter.burst) setFilter({ burst: "" });
  },
  " ": () => {
    if (here.view === "grid") { if (here.photo) setView("single"); }
    else (here.view === "compare" ? compare.paneAt(here.photo) : single.pane).toggleZoom();
  },
  0: () => stars(0), 1: () => stars(1), 2: () => stars(2), 3: () => stars(3), 4: () => stars(4), 5: () => stars(5),
  p: () => flag("pick"), x: () => flag("reject"),
  u: () => stepBack(true), U: () => stepBack(false),
  ".": nextUndecided, b: walkBurst, c: startCompare, m: nextMap, s: () => select(here.photo),
  a: () => { here.advance = !here.advance; notice(here.advance ? "Goes on after a decision." : "Stays after a decision."); show(); },
  "/": () => { if (here.view !== "grid") setView("grid"); openPanel(true, true); },
  t: () => byId("theme").click(), "?": () => byId("help").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const { target } = event;
  if (target.matches("input, select, textarea")) {
    if (event.key === "Escape") { byId("sheet").focus(); event.preventDefault(); }
    return;
  }
  if ((event.key === " " || event.key === "Enter") && target.matches("button")) return;
  const name = event.key.length > 1 || event.key === "U" ? event.key : event.key.toLowerCase();
  const action = keys[name] ?? keys[event.key];
  if (!action || (target.id === "facts" && /^(Arrow(Up|Down)|Page|Home|End)/.test(name))) return;
  event.preventDefault();
  action();
});

byId("sheet").addEventListener("click", (event) => {
  const cell = event.target.closest(".cell");
  if (!cell) return;
  const photo = store.photos[cell.dataset.id];
  if (event.ctrlKey || event.metaKey) { here.photo = photo; select(photo); return; }
  if (event.shiftKey && here.photo) {
    const [from, to] = [place(), list.indexOf(photo)].sort((a, b) => a - b);
    list.slice(from, to + 1).forEach((one) => selected.add(one.id));
    show();
    return;
  }
  const isAgain = here.photo?.id === photo.id;
  here.photo = photo;
  if (isAgain || event.pointerType === "touch") setView("single"); else show();
});
byId("sheet").addEventListener("dblclick", (event) => { if (event.target.closest(".cell")) setView("single"); });
byId("facts").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.kind !== undefined) setMap(button.dataset.kind);
  else if (button?.dataset.photo) go(store.photos[button.dataset.photo]);
});
for (const id of ["deciding", "comparing"]) makeDeciding(byId(id), keys.Escape);
byId("ask").addEventListener("click", keys["?"]);
