// The page: its state, what changes it, and the keys.
import { toCompare } from "./compare_panes.js";
import { count, legend, make } from "./elements.js";
import { fromAddress, toAddress, USUAL } from "./report_address.js";
import { active, inOrder, moveActive, setActive } from "./report_cursor.js";
import { hasMaps, photos, said } from "./report_data.js";
import { decideOn, makeSaving, sayDecided, stepBack, tell } from "./report_deciding.js";
import { decisionOf, onDecisions } from "./report_decisions.js";
import { DECIDED, isOfKind } from "./decisions.js";
import { FilterPanel } from "./filter_panel.js";
import { DOUBT, NO_FILTER, SHAPES } from "./photo_filter.js";
import { alikeIn, chosen, layOut, markCards, markSelected, pictureOf, repaint, showAll, showSeen, SORTS, watchCards } from "./report_grid.js";
import { histogram } from "./report_histogram.js";
import { CROP_NAMES, VIEWS } from "./report_words.js";
import {
  closeCompare, compared, comparedView, compareIsOpen, decideInCompare, onCompared, openCompare, panCompared, setComparedView,
  stepBackInCompare, stepInCompare, zoomCompared,
} from "./report_compare.js";
import {
  decideDetail, detailCrop, detailIsOpen, detailPhoto, detailView, onBeside, onDetail, openDetail, panDetail, refreshDetail, setDetail,
  stepBackDetail, stepDetail, zoomDetail,
} from "./report_detail.js";

const byId = (id) => document.getElementById(id);
const LEVELS = [["all", "All"], ["high", "High"], ["low", "Low"]];
const state = { ...USUAL, open: new Set() };
const selected = new Set(); // photographs that are to be compared
const observer = watchCards(() => state);
const markBins = photos.length ? histogram(byId("histogram"), setScores) : () => {};
const panel = new FilterPanel(byId("filter"), byId("open-filter"), {
  names: ["decided", "attribute", "stars", "fault", "doubt", "folder", "date", "camera", "lens", "shape", "burst"],
  sorts: SORTS, hasSearch: false, onInput: (change) => update(change), onClear: () => update({ ...NO_FILTER }),
});
panel.show(state, photos); // what there is to choose from does not change

function update(change) {
  Object.assign(state, change);
  if (["view", "crop"].some((name) => name in change)) repaint(state);
  if (Object.keys(change).some((name) => name !== "view" && name !== "crop")) layOutAll();
  for (const kind of ["level", "view"]) {
    for (const radio of document.querySelectorAll(`#${kind} input`)) radio.checked = radio.value === state[kind];
  }
  for (const name of ["sort", "crop"]) byId(name).value = state[name];
  if (byId("search").value !== state.search) byId("search").value = state.search;
  byId("collapse").checked = state.fold === "yes";
  byId("scale").replaceChildren(...legend(state.view, "", photos.some((photo) => photo.uncoloured.length > 0)));
  panel.show(state, photos);
  const asked = Object.keys(NO_FILTER).filter((name) => name !== "search" && state[name]).length;
  byId("open-filter").textContent = asked ? `Filter (${asked})` : "Filter";
  markBins(scoresAsked());
  remember();
}

function setScores(range) {
  const [from, to] = range ?? ["", ""];
  update({ score_from: String(from), score_to: String(to) });
}

function scoresAsked() {
  if (!state.score_from && !state.score_to) return null;
  return [Number(state.score_from || -Infinity), Number(state.score_to || Infinity)];
}

function remember() {
  const beside = compareIsOpen() ? compared() : { shown: [], photo: detailIsOpen() ? detailPhoto() : null };
  toAddress(state, beside.photo, beside.shown);
}

function layOutAll() {
  const { shown, folded, filtered } = chosen(state);
  layOut(shown, observer);
  const apart = [[folded, "folded into bursts"], [filtered, "filtered out"]].filter(([number]) => number);
  byId("found").textContent = [count(shown.length, "photograph"), ...apart.map(([number, word]) => `${number.toLocaleString("en")} ${word}`)].join(", ");
  byId("nothing").hidden = shown.length > 0;
  setActive(shown.some(({ photo }) => photo.index === active) ? active : inOrder()[0]?.index ?? null, false);
}

function toggleBurst(index) {
  const picture = pictureOf(photos[index]);
  if (!state.open.delete(picture)) state.open.add(picture);
  update({ open: state.open });
  setActive(index);
}

// Selecting, and putting side by side

function select(photo) {
  if (!selected.delete(photo)) selected.add(photo);
  showSelected();
}

function selectTo(photo) {
  const order = inOrder(), ends = [order.indexOf(photos[active]), order.indexOf(photo)].sort((a, b) => a - b);
  for (const one of order.slice(Math.max(ends[0], 0), ends[1] + 1)) selected.add(one);
  showSelected();
}

function showSelected() {
  markSelected(selected);
  byId("selected").textContent = selected.size ? `${count(selected.size, "photograph")} selected.` : "";
}

function startCompare(photo, kind) {
  const all = photo ? toCompare(inOrder(), photo, (one) => selected.has(one), alikeIn(state, photo)) : [];
  if (!openCompare(all, photo, kind)) tell("There is nothing to compare it with.");
}

const after = (choices, value) => choices[(choices.findIndex(([name]) => name === value) + 1) % choices.length][0];
const CROPS = [["", "No crop"], ...Object.entries(CROP_NAMES)];

const NO_MAPS = "There are no maps: this page was made from a table.";
const toggleView = (view) => (hasMaps ? update({ view: state.view === view ? "photo" : view }) : tell(NO_MAPS));

function deciders(act) {
  const all = { p: () => act({ flag: "pick" }), x: () => act({ flag: "reject" }) };
  for (const stars of [0, 1, 2, 3, 4, 5]) all[stars] = () => act({ stars });
  return all;
}

// Decide on the photograph at hand and go on to the one after it.
function decideActive(change) {
  if (active === null) return;
  const order = inOrder(), photo = photos[active], next = order[order.indexOf(photo) + 1] ?? photo;
  decideOn(photo, change);
  setActive(document.querySelector(`.card[data-index="${next.index}"]`) ? next.index : active);
}

function undoInGrid(back) {
  const photo = stepBack(back);
  if (photo && document.querySelector(`.card[data-index="${photo.index}"]`)) setActive(photo.index);
}

function nextUndecided() {
  const order = inOrder(), at = order.findIndex((photo) => photo.index === active);
  const found = [...order.slice(at + 1), ...order.slice(0, Math.max(at, 0))].find((photo) => isOfKind.no(decisionOf(photo)));
  if (found) setActive(found.index); else tell("Nothing else here is undecided.");
}

const keys = {
  f: () => update({ level: after(LEVELS, state.level) }),
  o: () => update({ sort: after(Object.entries(SORTS), state.sort) }),
  m: () => update({ view: after(VIEWS, state.view) }),
  e: () => toggleView("evidence"), w: () => toggleView("within"), h: () => toggleView("high"), l: () => toggleView("low"),
  a: () => toggleView("attribute"),
  ...deciders(decideActive),
  u: () => undoInGrid(true), U: () => undoInGrid(false), ".": nextUndecided,
  r: () => update({ crop: after(CROPS, state.crop) }),
  s: () => { if (active !== null) select(photos[active]); },
  c: () => startCompare(photos[active], state.view),
  B: () => update({ fold: state.fold === "yes" ? "no" : "yes" }),
  b: () => { if (document.querySelector(`.card[data-index="${active}"] .burst`)) toggleBurst(active); },
  "/": () => byId("search").focus(),
  t: () => byId("theme").click(),
  "?": () => byId("help").showModal(),
  Escape: () => {
    if (selected.size) { selected.clear(); showSelected(); } else update({ ...NO_FILTER, level: "all" });
  },
};
const PAN_PX = 60;
/** What keys do to photographs that are enlarged. */
const zoomKeys = (zoom, pan) => ({
  " ": zoom, ShiftArrowLeft: () => pan(PAN_PX, 0), ShiftArrowRight: () => pan(-PAN_PX, 0), ShiftArrowUp: () => pan(0, PAN_PX), ShiftArrowDown: () => pan(0, -PAN_PX),
});
const viewKeys = (set, current) => ({
  m: () => set(after(VIEWS, current().split(":")[0])), e: () => set("evidence"), w: () => set("within"), h: () => set("high"), l: () => set("low"), a: () => set("attribute"),
});
const detailKeys = {
  ArrowLeft: () => stepDetail(-1), ArrowRight: () => stepDetail(1),
  ...deciders(decideDetail), u: () => stepBackDetail(true), U: () => stepBackDetail(false),
  ...viewKeys((view) => setDetail({ view }), detailView), ...zoomKeys(zoomDetail, panDetail),
  r: () => setDetail({ crop: after(CROPS, detailCrop()) }), t: keys.t, "?": keys["?"],
  c: () => startCompare(detailPhoto(), detailView()),
};
const compareKeys = {
  ArrowLeft: () => stepInCompare(-1), ArrowRight: () => stepInCompare(1), ArrowUp: () => stepInCompare(-1), ArrowDown: () => stepInCompare(1),
  ...deciders(decideInCompare), u: () => stepBackInCompare(true), U: () => stepBackInCompare(false),
  ...viewKeys(setComparedView, comparedView), ...zoomKeys(zoomCompared, panCompared),
  c: closeCompare, t: keys.t, "?": keys["?"],
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const typing = event.target.matches("input:not([type=checkbox]), select");
  const dialogKeys = compareIsOpen() ? compareKeys : detailIsOpen() ? detailKeys : null;
  let action;
  if (dialogKeys !== null) {
    if (typing || (event.key === " " && event.target.matches("button"))) return;
    action = dialogKeys[event.shiftKey && event.key.startsWith("Arrow") ? `Shift${event.key}` : event.key];
  } else if (event.key === "Escape" || !typing) action = keys[event.key];
  if (dialogKeys === null && !typing && /^(Arrow|Home|End)/.test(event.key) && event.target.closest(".card, body > main, body")) {
    if (event.target.closest("header, #histogram")) return;
    action = () => moveActive(event.key);
  }
  if (!action) return;
  event.preventDefault();
  action();
});

document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest(".card button");
  if (!button) return;
  const index = Number(button.parentElement.dataset.index);
  if (event.shiftKey) { selectTo(photos[index]); return; }
  setActive(index, false);
  if (event.ctrlKey || event.metaKey) { select(photos[index]); return; }
  if (button.classList.contains("burst")) toggleBurst(index);
  else openDetail(inOrder(), photos[index], state.view, state.crop);
});
document.querySelector("main").addEventListener("focusin", (event) => {
  const card = event.target.closest(".card");
  if (card && Number(card.dataset.index) !== active) setActive(Number(card.dataset.index), false);
});
byId("detail").addEventListener("close", () => {
  remember();
  const { index } = detailPhoto();
  setActive(document.querySelector(`.card[data-index="${index}"]`) ? index : active);
});

function radios(id, choices) {
  for (const [value, label] of choices) {
    const choice = make("label");
    choice.append(make("input", "", { type: "radio", name: id, value }), make("span", "", { textContent: label }));
    byId(id).append(choice);
  }
  byId(id).addEventListener("change", (event) => update({ [id]: event.target.value }));
}

function options(id, choices) {
  for (const [value, label] of choices) byId(id).append(new Option(label, value));
  byId(id).addEventListener("change", (event) => update({ [id]: event.target.value }));
}

function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const chosenTheme = document.documentElement.dataset.theme ?? (dark ? "dark" : "light");
  document.documentElement.dataset.theme = chosenTheme === "dark" ? "light" : "dark";
}

radios("level", LEVELS);
radios("view", VIEWS);
options("sort", Object.entries(SORTS).map(([name, [label]]) => [name, label]));
options("crop", CROPS);
makeSaving(inOrder);
byId("open-compare").addEventListener("click", keys.c);
onDetail(remember);
onBeside((photo) => startCompare(photo, detailView()));
onCompared(() => {
  if (!compareIsOpen() && detailIsOpen()) refreshDetail();
  remember();
});
onDecisions((changed) => {
  markCards(changed);
  sayDecided();
  if (state.decided || state.stars || ["stars", "undecided"].includes(state.sort)) update({ decided: state.decided });
});
function recall() {
  const { state: asked, photo: path, beside } = fromAddress({
    level: LEVELS.map(([name]) => name), sort: Object.keys(SORTS), view: VIEWS.map(([name]) => name), crop: CROPS.map(([name]) => name), fold: ["yes", "no"],
    decided: Object.keys(DECIDED), doubt: Object.keys(DOUBT), shape: Object.keys(SHAPES), stars: ["", "1", "2", "3", "4", "5"],
  });
  if (!panel.isOpen) panel.open(Object.keys(NO_FILTER).some((name) => name !== "search" && asked[name]));
  update(asked);
  const photo = photos.find((one) => one.path === path);
  if (!photo) return;
  const all = beside.map((other) => photos.find((one) => one.path === other)).filter(Boolean);
  if (openCompare(all, photo, state.view)) return;
  const order = inOrder();
  openDetail(order.includes(photo) ? order : [photo, ...order], photo, state.view, state.crop);
}
window.addEventListener("hashchange", recall);
byId("search").addEventListener("input", (event) => update({ search: event.target.value }));
byId("collapse").addEventListener("change", (event) => update({ fold: event.target.checked ? "yes" : "no" }));
byId("open-filter").addEventListener("click", () => panel.open(!panel.isOpen, !panel.isOpen));
byId("theme").addEventListener("click", theme);
byId("ask").addEventListener("click", keys["?"]);
byId("help").addEventListener("click", (event) => { if (event.target.closest("button") || event.target === byId("help")) byId("help").close(); });
byId("reset").addEventListener("click", keys.Escape);
window.addEventListener("beforeprint", () => showAll(state));
window.addEventListener("afterprint", showSeen);

const countIf = (test) => photos.filter(test).length.toLocaleString("en");
for (const control of [byId("view"), byId("crop").parentElement, byId("compare-view").parentElement]) control.hidden = !hasMaps;
byId("notes").replaceChildren(...said.notes.map((text) => make("li", "", { textContent: text })));
byId("notes").hidden = said.notes.length === 0;
byId("summary").textContent = [
  count(photos.length, "photograph"), `${countIf(({ level }) => level === "high")} high`,
  `${countIf(({ doubt }) => doubt)} uncertain`,
  ...(said.errors.length ? [`${said.errors.length.toLocaleString("en")} ${hasMaps ? "unreadable" : "not shown"}`] : []),
].join(" · ");
for (const { path, problem } of said.errors) {
  byId("errors").hidden = false;
  byId("errors").querySelector("dl").append(make("dt", "", { textContent: path }), make("dd", "", { textContent: problem }));
}
sayDecided();
recall();
document.documentElement.dataset.ready = "yes";
