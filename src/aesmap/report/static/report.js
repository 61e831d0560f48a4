// The page: its state, what changes it, and the keys.
import { count, legend, make } from "./elements.js";
import { fromAddress, toAddress } from "./report_address.js";
import { photos, said } from "./report_data.js";
import { DECIDED_CHOICES, decideOn, makeSaving, sayDecided, stepBack, tell } from "./report_deciding.js";
import { decisionOf, onDecisions } from "./report_decisions.js";
import { isOfKind } from "./decisions.js";
import { chosen, layOut, markCards, pictureOf, repaint, showAll, showSeen, SORTS, watchCards } from "./report_grid.js";
import { histogram } from "./report_histogram.js";
import { CROP_NAMES, VIEWS } from "./report_words.js";
import { decideDetail, detailCrop, detailIsOpen, detailPhoto, onDetail, openDetail, setDetail, stepBackDetail, stepDetail } from "./report_detail.js";

const byId = (id) => document.getElementById(id);
const LEVELS = [["all", "All"], ["high", "High"], ["low", "Low"]];
const state = {
  search: "", level: "all", scores: null, sort: "score", view: "photo", crop: "", collapse: true, open: new Set(), decided: "", attribute: "",
};
let active = null; // index of the photo whose card the arrows start from
const observer = watchCards(() => state);
const markBins = photos.length ? histogram(byId("histogram"), (range) => update({ scores: range })) : () => {};

function update(change) {
  Object.assign(state, change);
  if (["view", "crop"].some((name) => name in change)) repaint(state);
  if (Object.keys(change).some((name) => name !== "view" && name !== "crop")) layOutAll();
  for (const kind of ["level", "view"]) {
    for (const radio of document.querySelectorAll(`#${kind} input`)) radio.checked = radio.value === state[kind];
  }
  for (const name of ["sort", "crop", "decided", "attribute"]) byId(name).value = state[name];
  if (byId("search").value !== state.search) byId("search").value = state.search;
  byId("collapse").checked = state.collapse;
  byId("scale").replaceChildren(...legend(state.view, "", photos.some((photo) => photo.uncoloured.length > 0)));
  markBins(state.scores);
  remember();
}

const remember = () => toAddress(state, detailIsOpen() ? detailPhoto() : null);

function layOutAll() {
  const { shown, folded, filtered } = chosen(state);
  layOut(shown, observer);
  const apart = [[folded, "folded into bursts"], [filtered, "filtered out"]].filter(([number]) => number);
  byId("found").textContent = [count(shown.length, "photograph"), ...apart.map(([number, word]) => `${number.toLocaleString("en")} ${word}`)].join(", ");
  byId("nothing").hidden = shown.length > 0;
  if (!shown.some(({ photo }) => photo.index === active)) active = openings()[0]?.parentElement.dataset.index ?? null;
  setActive(active === null ? null : Number(active), false);
}

const openings = () => [...document.querySelectorAll(".card .open")];

function setActive(index, focus = true) {
  for (const old of document.querySelectorAll(".card [tabindex='0']")) old.tabIndex = -1;
  active = index;
  const card = index === null ? null : document.querySelector(`.card[data-index="${index}"]`);
  if (!card) return;
  for (const button of card.querySelectorAll("button")) button.tabIndex = 0;
  if (!focus) return;
  card.querySelector(".open").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

// Arrows go from card to card; up and down to the nearest in the next row, of whichever pile.
function move(key) {
  const list = openings();
  const from = list.findIndex((button) => Number(button.parentElement.dataset.index) === active);
  if (from < 0) return;
  const sides = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: list.length - 1 };
  let to = sides[key];
  if (to === undefined) {
    const by = key === "ArrowDown" ? 1 : -1;
    const at = (i) => ({ x: list[i].parentElement.offsetLeft, y: list[i].parentElement.offsetTop });
    const here = at(from);
    let first = from;
    while (list[first] && at(first).y === here.y) first += by;
    if (!list[first]) return;
    const row = at(first).y;
    to = first;
    for (let i = first; list[i] && at(i).y === row; i += by) {
      if (Math.abs(at(i).x - here.x) < Math.abs(at(to).x - here.x)) to = i;
    }
  }
  if (list[to]) setActive(Number(list[to].parentElement.dataset.index));
}

// In the order in which they stand on the page: piles one after the other.
const inOrder = () => openings().map((button) => photos[button.parentElement.dataset.index]);

function toggleBurst(index) {
  const picture = pictureOf(photos[index]);
  if (!state.open.delete(picture)) state.open.add(picture);
  update({ open: state.open });
  setActive(index);
}

const after = (choices, value) => choices[(choices.findIndex(([name]) => name === value) + 1) % choices.length][0];
const CROPS = [["", "No crop"], ...Object.entries(CROP_NAMES)];

const toggleView = (view) => update({ view: state.view === view ? "photo" : view });

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
  const order = inOrder(), at = order.findIndex((photo) => photo.index === Number(active));
  const found = [...order.slice(at + 1), ...order.slice(0, Math.max(at, 0))].find((photo) => isOfKind.no(decisionOf(photo)));
  if (found) setActive(found.index); else tell("Nothing else here is undecided.");
}

const keys = {
  f: () => update({ level: after(LEVELS, state.level) }),
  s: () => update({ sort: after(Object.entries(SORTS), state.sort) }),
  m: () => update({ view: after(VIEWS, state.view) }),
  e: () => toggleView("evidence"), w: () => toggleView("within"), h: () => toggleView("high"), l: () => toggleView("low"),
  a: () => toggleView("attribute"),
  ...deciders(decideActive),
  u: () => undoInGrid(true), U: () => undoInGrid(false), ".": nextUndecided,
  c: () => update({ crop: after(CROPS, state.crop) }),
  B: () => update({ collapse: !state.collapse }),
  b: () => { if (document.querySelector(`.card[data-index="${active}"] .burst`)) toggleBurst(active); },
  "/": () => byId("search").focus(),
  t: () => byId("theme").click(),
  "?": () => byId("help").showModal(),
  Escape: () => update({ search: "", level: "all", scores: null, decided: "", attribute: "" }),
};
const detailKeys = {
  ArrowLeft: () => stepDetail(-1), ArrowRight: () => stepDetail(1),
  ...deciders(decideDetail), u: () => stepBackDetail(true), U: () => stepBackDetail(false),
  e: () => setDetail({ view: "evidence" }), w: () => setDetail({ view: "within" }),
  h: () => setDetail({ view: "high" }), l: () => setDetail({ view: "low" }), a: () => setDetail({ view: "attribute" }),
  c: () => setDetail({ crop: after(CROPS, detailCrop()) }), t: keys.t,
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  const typing = event.target.matches("input[type=search], select, input[type=radio]");
  let action;
  if (detailIsOpen()) action = detailKeys[event.key];
  else if (event.key === "Escape" || !typing) action = keys[event.key];
  if (!detailIsOpen() && !typing && /^(Arrow|Home|End)/.test(event.key) && event.target.closest(".card, body > main, body")) {
    if (event.target.closest("header, #histogram")) return;
    action = () => move(event.key);
  }
  if (!action) return;
  event.preventDefault();
  action();
});

document.querySelector("main").addEventListener("click", (event) => {
  const button = event.target.closest(".card button");
  if (!button) return;
  const index = Number(button.parentElement.dataset.index);
  setActive(index, false);
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
options("sort", Object.keys(SORTS).map((name) => [name, name]));
options("crop", CROPS);
options("decided", DECIDED_CHOICES);
const ATTRIBUTES = [...new Set(photos.flatMap((photo) => photo.named))].sort((a, b) => a.localeCompare(b, "en"));
options("attribute", [["", "Anything"], ...ATTRIBUTES.map((name) => [name, name])]);
makeSaving(inOrder);
onDetail(remember);
onDecisions((changed) => {
  markCards(changed);
  sayDecided();
  if (state.decided || state.sort === "stars") update({ decided: state.decided });
});
function recall() {
  const { state: asked, photo: path } = fromAddress({
    level: LEVELS.map(([name]) => name), sort: Object.keys(SORTS), decided: DECIDED_CHOICES.map(([name]) => name), attribute: ["", ...ATTRIBUTES],
  });
  update(asked);
  const photo = photos.find((one) => one.path === path);
  if (!photo) return;
  const order = inOrder();
  openDetail(order.includes(photo) ? order : [photo, ...order], photo, state.view, state.crop);
}
window.addEventListener("hashchange", recall);
byId("search").addEventListener("input", (event) => update({ search: event.target.value }));
byId("collapse").addEventListener("change", (event) => update({ collapse: event.target.checked }));
byId("theme").addEventListener("click", theme);
byId("ask").addEventListener("click", keys["?"]);
byId("help").addEventListener("click", (event) => { if (event.target.closest("button") || event.target === byId("help")) byId("help").close(); });
byId("reset").addEventListener("click", keys.Escape);
window.addEventListener("beforeprint", () => showAll(state));
window.addEventListener("afterprint", showSeen);

const countIf = (test) => photos.filter(test).length.toLocaleString("en");
byId("summary").textContent = [
  count(photos.length, "photograph"), `${countIf(({ level }) => level === "high")} high`,
  `${countIf(({ doubt }) => doubt)} uncertain`,
  ...(said.errors.length ? [`${said.errors.length.toLocaleString("en")} unreadable`] : []),
].join(" · ");
for (const { path, problem } of said.errors) {
  byId("errors").hidden = false;
  byId("errors").querySelector("dl").append(make("dt", "", { textContent: path }), make("dd", "", { textContent: problem }));
}
sayDecided();
recall();
document.documentElement.dataset.ready = "yes";
