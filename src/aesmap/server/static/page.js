// The page of the service: photographs come in, one is in view, and what is pressed is done.
import { isKnown, legend, make } from "./elements.js";
import { mapOfRows, withinThis } from "./maps.js";
import { Bar } from "./page_bar.js";
import { stemOf, suffixOf } from "./page_crops.js";
import { Cropping } from "./page_cropping.js";
import { factsOf, assessmentOf } from "./page_facts.js";
import { Shelf } from "./page_keep.js";
import { Queue } from "./page_queue.js";
import { offers, sample, save, send } from "./page_service.js";
import { convertedUrl } from "./page_shown.js";
import { Stage } from "./page_stage.js";
import { Strip } from "./page_strip.js";

const byId = (id) => document.getElementById(id);
const VIEWS = [["photo", "Photo"], ["evidence", "Evidence"], ["within", "Within"], ["high", "High"], ["low", "Low"]];
const SAMPLES = ["coffee.jpg", "chelsea.jpg", "rocket.jpg"];
const LIST_AFTER_MS = 60;
const now = { item: null, stage: null, view: "evidence" };

const offered = await offers().catch((problem) => {
  byId("drop").prepend(make("p", "problem", { textContent: problem.message }));
  throw problem;
});
const queue = new Queue(offered.aspects, changed);
const shelf = new Shelf(`${offered.model} ${offered.version}`, (words) => bar.notice(words));
const strip = new Strip(byId("queue").firstElementChild, open);
const cropping = new Cropping(setView, remember);
const bar = new Bar(queue, offered, { remove, bringBack, clear, sorted, current: () => now.item, aspect: () => cropping.aspect });

function changed(item, what) {
  if (item.state === "done") remember(item);
  else if (item.state === "failed" && !item.problem.passes) shelf.drop(item); // no photograph: nothing to keep
  listSoon();
  if (item !== now.item) return;
  if (what === "crops") cropping.offer();
  else showFacts();
}

function remember(item) {
  shelf.update(item, { answer: item.answer, crops: item.crops, frames: item.frames });
}

function take(files) {
  if (!files.length) return;
  const items = queue.add([...files].map((file) => ({ file })));
  for (const item of items) shelf.keep(item).then(listSoon);
  show(items[0]);
}

function show(item) {
  document.body.dataset.working = "";
  document.querySelector(".add").hidden = false;
  byId("drop").classList.add("used");
  listQueue();
  open(item);
}

function open(item) {
  if (item === now.item) return;
  close();
  now.item = item;
  byId("photo").hidden = false;
  now.stage = new Stage(item.url, item.file.name, read);
  now.stage.ready.catch(() => {}); // a format that browsers do not show: see showUnshown
  byId("canvas-room").replaceChildren(now.stage.frame);
  showFacts();
  listQueue();
  strip.reveal(item);
  queue.want(item);
}

function close() {
  now.stage?.close();
  cropping.close();
  Object.assign(now, { item: null, stage: null });
}

function remove(item) {
  const items = queue.sorted(bar.sort), place = items.indexOf(item);
  queue.remove(item);
  shelf.drop(item);
  if (item !== now.item) return listQueue();
  const next = items[place + 1] ?? items[place - 1];
  if (next) open(next);
  else showEmpty();
}

function bringBack(item) {
  queue.bringBack(item);
  shelf.keep(item);
  if (item.state === "done") remember(item);
  show(item);
}

function clear() {
  for (const item of [...queue.items]) queue.remove(item);
  shelf.clear();
  showEmpty();
}

function showEmpty() {
  close();
  byId("photo").hidden = true;
  delete document.body.dataset.working;
  document.querySelector(".add").hidden = true;
  byId("drop").classList.remove("used");
  listQueue();
  byId("choose").focus();
}

function listQueue() {
  const items = queue.sorted(bar.sort);
  byId("queue").hidden = items.length < 2;
  strip.show(items, now.item, bar.sort === "technical");
  bar.show();
}

function sorted() {
  listQueue();
  if (now.item) strip.reveal(now.item);
}

// With many photographs there is more to list than time between two changes.
let listing = 0;
function listSoon() {
  listing ||= setTimeout(() => { listing = 0; listQueue(); }, LIST_AFTER_MS);
}

function showFacts() {
  const { item, stage } = now;
  byId("assessment").replaceChildren(...assessmentOf(item, queue.isStopped));
  byId("facts").replaceChildren(...factsOf(item, offered));
  byId("photo").dataset.state = item.state;
  byId("photo").setAttribute("aria-busy", String(["waiting", "looking"].includes(item.state)));
  byId("view").disabled = item.state !== "done" || !isKnown(item.answer.uncertain_reason);
  if (item.state === "failed") say(`${item.file.name}: ${item.problem.message}`);
  if (item.state !== "done") return;
  say(`${item.file.name}: ${item.answer.words.text}`);
  stage.setSize(item.answer.width, item.answer.height);
  cropping.open(item, stage);
  stage.ready.then(() => item === now.item && setView(now.view), () => showUnshown(item));
}

async function showUnshown(item) {
  try {
    const url = await convertedUrl(item);
    if (item !== now.item) return;
    await now.stage.replace(url);
    setView(now.view);
  } catch (problem) {
    say(`${item.file.name}: ${problem.message}`);
  }
}

function setView(view) {
  const { maps, uncertain_reason: doubt } = now.item.answer;
  if (!isKnown(doubt) && view !== "photo") return showPlain();
  const attribute = view.startsWith("attribute:") ? view.slice("attribute:".length) : null;
  const technical = view.startsWith("technical:") ? view.slice("technical:".length) : null;
  const found = maps.attributes[attribute] ?? maps.technical?.[technical];
  if (found === undefined && (attribute ?? technical) !== null) return setView("evidence");
  now.view = view;
  const kind = attribute !== null ? "attribute" : technical === "technical" ? "evidence" : technical !== null ? "fault" : view;
  const rows = mapOfRows(found?.values ?? maps.evidence);
  if (kind === "fault") rows.cells.forEach((cell, i) => { rows.cells[i] = cell + found.bias; }); // its log-odds there
  const map = view === "within" ? withinThis(rows) : rows;
  now.stage.show(view === "photo" ? null : { map, kind, name: attribute ?? technical ?? view, uncoloured: maps.uncoloured });
  byId("legend").replaceChildren(...legend(technical === "technical" ? technical : kind, attribute ?? "", maps.uncoloured.length > 0));
  for (const radio of byId("view").querySelectorAll("input")) radio.checked = radio.value === view;
  for (const button of document.querySelectorAll("[data-attribute]")) {
    button.setAttribute("aria-pressed", String(button.dataset.attribute === attribute));
  }
  for (const button of document.querySelectorAll("[data-technical]")) {
    button.setAttribute("aria-pressed", String(button.dataset.technical === technical));
  }
}

/** The photograph without any map; the view that was chosen stays for the next one. */
function showPlain() {
  const chosen = now.view;
  setView("photo");
  now.view = chosen;
}

function read(text, value) {
  byId("reading").textContent = text ?? "";
  byId("reading").className = value < 0 ? "low" : "high";
}

function say(words) { byId("said").textContent = words; }

const SAVES = {
  async crop({ file }, stem) {
    const response = await send(`v1/crop?box=${cropping.box.join(",")}&format=image`, file);
    save(await response.blob(), `${stem}-crop${suffixOf(response)}`);
  },
  async panel({ file }, stem) {
    save(await (await send("v1/explain?format=png", file)).blob(), `${stem}-panel.png`);
  },
  async json({ answer, crops }, stem) {
    save(new Blob([JSON.stringify({ ...answer, crops })], { type: "application/json" }), `${stem}.json`);
  },
};
const ACTS = { again: () => queue.again(now.item), now: () => queue.want(now.item), proposed: () => cropping.restore(), without: () => cropping.without() };

async function press(button) {
  const { act, aspect, attribute, technical, save: wanted } = button.dataset;
  const pressed = button.getAttribute("aria-pressed") === "true";
  if (act) ACTS[act]();
  else if (aspect) cropping.press(aspect);
  else if (attribute) setView(pressed ? "evidence" : `attribute:${attribute}`);
  else if (technical) setView(pressed ? "evidence" : `technical:${technical}`);
  else if (wanted) {
    button.disabled = true;
    try {
      await SAVES[wanted](now.item, stemOf(now.item.file));
      say("Saved.");
    } catch (problem) {
      button.after(make("p", "problem", { textContent: problem.message, role: "alert" }));
    }
    button.disabled = false;
  }
}

// From photograph to photograph, unless what has the focus takes arrows itself.
const TAKES_KEYS = 'input, select, textarea, dialog, progress, [role="slider"], .framed, .probe';
function step(event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || now.item === null) return;
  if (event.target.closest(TAKES_KEYS) || document.querySelector("dialog[open]")) return;
  const items = queue.sorted(bar.sort), place = items.indexOf(now.item), last = items.length - 1;
  const ends = strip.hasFocus ? { Home: 0, End: last } : {}; // elsewhere they scroll the page
  const to = { ArrowLeft: Math.max(place - 1, 0), ArrowRight: Math.min(place + 1, last), ...ends }[event.key];
  if (event.key === "Delete") bar.remove();
  else if (to === undefined || items.length < 2) return;
  else open(items[to]);
  event.preventDefault();
}

for (const [value, label] of VIEWS) {
  const wrap = make("label"), radio = make("input", "", { type: "radio", name: "view", value, checked: value === "evidence" });
  radio.addEventListener("change", () => setView(value));
  wrap.append(radio, make("span", "", { textContent: label }));
  byId("view").append(wrap);
}
byId("view").disabled = true;
byId("photo").addEventListener("click", (event) => {
  const button = event.target.closest("#assessment button, #facts button");
  if (button) press(button);
});
document.addEventListener("keydown", step);
byId("choose").addEventListener("change", (event) => {
  take(event.target.files);
  event.target.value = "";
});
byId("samples").addEventListener("click", async () => {
  try {
    take(await Promise.all(SAMPLES.map(sample)));
  } catch (problem) {
    bar.notice(problem.message);
  }
});
const over = (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("over", event.type !== "drop");
  if (event.type === "drop") take(event.dataTransfer.files);
};
for (const type of ["dragenter", "dragover", "drop"]) document.addEventListener(type, over);
document.addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("over"));
document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));

const kept = queue.add(await shelf.restore());
if (kept.length && now.item === null) show(kept[0]);
else listQueue();
document.documentElement.dataset.ready = "";
