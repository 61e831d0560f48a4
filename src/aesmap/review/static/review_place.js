// Where one is: which photographs are shown, which of them, in which view; and how one goes about.
import { MOST_COMPARED, stepCompared, toCompare, windowOn } from "./compare_panes.js";
import { Compare } from "./review_compare.js";
import { MAPS } from "./review_facts.js";
import { chosen, DEFAULTS, fromAddress, isFiltered, toAddress } from "./review_filter.js";
import { numColumns, reveal, showSheet } from "./review_grid.js";
import { notice } from "./review_notice.js";
import { openPanel, panelIsOpen, showPanel } from "./review_panel.js";
import { Single } from "./review_single.js";
import { burstOf, isDecided, store } from "./review_store.js";

const byId = (id) => document.getElementById(id);
export const here = { filter: { ...DEFAULTS }, view: "grid", photo: null, compared: [], near: [], advance: true };
const look = { zoom: null, kind: "" }; // shared by all panes
export let list = [];
export const selected = new Set(); // ids

export const single = new Single(look, lookChanged, (by) => move(by));
export const compare = new Compare(look, lookChanged, (number) => { here.photo = here.compared[number]; show(); });

const onShown = new Set();
/** Have a function called whenever the page shows something else. */
export const whenShown = (listener) => onShown.add(listener);

// Showing

export function refilter() {
  list = chosen(here.filter);
  if (!here.photo && list.length) here.photo = list[0];
}

export function show() {
  if (here.photo) here.photo = store.photos[here.photo.id]; // the newest that is known of it
  for (const name of ["compared", "near"]) here[name] = here[name].map((photo) => store.photos[photo.id]);
  const { view } = here;
  byId("sheet-room").inert = view !== "grid";
  showSheet(list, here.photo, selected, here.filter.sort);
  byId("nothing").hidden = list.length > 0;
  if (view === "single" && here.photo) single.show(here.photo, list); else single.close();
  if (view === "compare") compare.show(here.compared, here.photo); else compare.close();
  document.body.dataset.view = view;
  remember();
  for (const listener of onShown) listener();
}

export function lookChanged() {
  single.pane.draw();
  single.mark();
  compare.draw();
}

// Where one is, in the address

const SETTLED_MS = 250; // browsers refuse an address that changes with every press of a held key
let remembered = null, waiting = null, timer = 0; // what the address says, and what it is to say soon
function write(how, address) {
  history[how](null, "", address);
  remembered = address;
  waiting = null;
}

function remember() {
  const address = toAddress({
    filter: here.filter, view: here.view, photo: here.photo?.path ?? "",
    with: here.view === "compare" ? here.compared.map((photo) => photo.path) : [],
  });
  const viewOf = (text) => /view=(\w+)/.exec(text)?.[1];
  clearTimeout(timer);
  if (remembered !== null && viewOf(address) !== viewOf(waiting ?? remembered)) {
    if (waiting !== null) write("replaceState", waiting);
    write("pushState", address);
  } else if (address !== remembered) {
    waiting = address;
    timer = setTimeout(() => write("replaceState", address), SETTLED_MS);
  }
}

export function recall() {
  const said = fromAddress();
  here.filter = said.filter;
  const find = (path) => store.photos.find((photo) => photo.path === path) ?? null;
  here.photo = find(said.photo);
  here.compared = said.with.map(find).filter(Boolean).slice(0, MOST_COMPARED);
  here.near = here.compared;
  here.view = said.view === "compare" && here.compared.length < 2 ? "grid" : ["single", "compare"].includes(said.view) ? said.view : "grid";
  [remembered, waiting] = [location.hash, null];
  openPanel(panelIsOpen() || isFiltered(here.filter));
  showPanel(here.filter);
  refilter();
  show();
  reveal();
}

// Going about

export function go(photo) {
  if (!photo) return;
  here.photo = photo;
  show();
  reveal();
}

export const place = () => list.findIndex((photo) => photo.id === here.photo?.id);

export function move(by) {
  if (here.view === "compare") {
    const { shown, photo } = stepCompared(here.near, here.compared, here.photo, Math.sign(by));
    here.compared = shown;
    go(photo);
    return;
  }
  const at = place();
  if (at < 0) { go(list[0]); return; }
  const last = list.length - 1;
  // Down from the last row but one leads to the last row, wherever that ends.
  const isRow = Math.abs(by) > 1 && here.view === "grid";
  const to = at + by;
  if (to >= 0 && to <= last) go(list[to]);
  else if (isRow && by > 0 && Math.floor(at / by) < Math.floor(last / by)) go(list[last]);
  else if (Math.abs(by) > numColumns()) go(list[by > 0 ? last : 0]);
}

export function setView(view) {
  here.view = view;
  look.zoom = null;
  show();
  if (view === "grid") { reveal(); byId("sheet").focus({ preventScroll: true }); }
}

export function setFilter(change) {
  Object.assign(here.filter, change);
  const before = here.photo;
  refilter();
  if (before && !list.includes(store.photos[before.id])) here.photo = list[0] ?? null;
  if (!here.photo && here.view !== "grid") here.view = "grid";
  showPanel(here.filter);
  show();
  reveal();
}

export function nextUndecided() {
  const at = place();
  const found = [...list.slice(at + 1), ...list.slice(0, Math.max(at, 0))].find((photo) => !isDecided(photo));
  if (!found) { notice("Nothing else here is undecided."); return; }
  if (here.view === "compare") here.view = "single";
  go(found);
}

export function walkBurst() {
  if (here.view === "compare") setView(here.before ?? "grid");
  if (here.filter.burst) { setFilter({ burst: "" }); notice("All photographs again."); return; }
  const at = Math.max(place(), 0);
  const found = [...list.slice(at), ...list.slice(0, at)].find((photo) => burstOf(photo).length);
  if (!found) { notice("No photographs here are alike."); return; }
  here.photo = found;
  setFilter({ burst: found.path });
  notice(`${burstOf(found).length} photographs alike; B shows all again.`);
}

export function startCompare() {
  if (here.view === "compare") { setView(here.before ?? "grid"); return; }
  const all = toCompare(list, here.photo, (photo) => selected.has(photo.id), here.photo ? burstOf(here.photo) : []);
  if (all.length < 2) { notice("There is nothing to compare it with."); return; }
  if (!all.includes(here.photo)) [here.photo] = all;
  here.before = here.view;
  here.near = all;
  here.compared = windowOn(all, here.photo);
  if (all.length > MOST_COMPARED) notice(`${MOST_COMPARED} of ${all.length}; the arrows lead on.`);
  setView("compare");
}

export function select(photo) {
  if (!photo) return;
  if (!selected.delete(photo.id)) selected.add(photo.id);
  show();
}

export function nextMap() {
  const kinds = MAPS.map(([kind]) => kind);
  setMap(kinds[(kinds.indexOf(look.kind) + 1) % kinds.length]);
}
export function setMap(kind) {
  look.kind = look.kind === kind ? "" : kind;
  if (here.view === "grid") setView("single");
  lookChanged();
}
