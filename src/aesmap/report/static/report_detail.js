// One photo, large: its maps, the sum that makes its assessment, its attributes, crops and EXIF.
import { attributeButton, buttons, count, isKnown, legend, make, ordinal, part, percent, reason, scoreLine, signed, UNCOLOURED } from "./elements.js";
import { isUncoloured, valueAt } from "./maps.js";
import { hasMaps, mapFor, mapOf, photos, said } from "./report_data.js";
import { decideOn, makeDeciding, markDeciding, stepBack, tell } from "./report_deciding.js";
import { look, redraw, ReportPane } from "./report_pane.js";
import { pictureFrame, showPicture } from "./report_picture.js";
import { CROP_NAMES, sumOf, taken, VIEWS } from "./report_words.js";

const dialog = document.getElementById("detail");
const stage = document.getElementById("stage");
const facts = document.getElementById("facts");
const hint = document.getElementById("hint");
const now = { list: [], place: 0 };
const pane = new ReportPane((by) => stepDetail(by));
stage.append(pane.element);

export const detailIsOpen = () => dialog.open;

/** Open a photo; `list` are those that the arrows lead to. */
export function openDetail(list, photo, view, crop) {
  Object.assign(now, { list, place: list.indexOf(photo) });
  Object.assign(look, { zoom: null, kind: view, crop });
  if (!dialog.open) { dialog.showModal(); stage.focus(); tell(""); }
  showNow();
}

/** Have a function called with the photo that is open. */
export const onDetail = (listener) => { detailListener = listener; };
let detailListener = () => {};
/** Have a function called with a photo that is to be put beside its like. */
export const onBeside = (listener) => { besideListener = listener; };
let besideListener = () => {};

export function stepDetail(by) {
  const place = now.place + by;
  if (place < 0 || place >= now.list.length) return;
  now.place = place;
  [look.kind] = look.kind.split(":"); // of another photo's attributes and faults, the first
  showNow();
}

/** Show another map or crop, here; the same one again puts it away. */
export function setDetail(change) {
  if (change.view !== undefined) look.kind = look.kind === change.view ? "photo" : change.view;
  if (change.crop !== undefined) look.crop = look.crop === change.crop ? "" : change.crop;
  refreshDetail();
}

export const detailPhoto = () => now.list[now.place];
export const detailView = () => look.kind;
export const detailCrop = () => look.crop;
/** Whole, or at 100 % at the pointer. */
export const zoomDetail = () => pane.toggleZoom();
export const panDetail = (dx, dy) => pane.pan(dx, dy);

/** Decide on the photo that is open, and go on to the next one. */
export function decideDetail(change) {
  decideOn(detailPhoto(), change);
  if (now.place < now.list.length - 1) stepDetail(1); else refreshDetail();
}

/** Undo or redo, and show the photo that it was about, if the arrows lead there. */
export function stepBackDetail(back) {
  const place = now.list.indexOf(stepBack(back));
  if (place >= 0) now.place = place;
  showNow();
}

const deciding = document.getElementById("deciding");
makeDeciding(deciding, detailPhoto, (change) => (change === null ? stepBackDetail(true) : decideDetail(change)));

const attributeShown = (photo) => photo.attributes[Number(look.kind.split(":")[1] ?? 1) - 1]?.[0];
// What the picture shows, as long as no pointer asks for more.
const hintOf = (photo) => (look.kind.startsWith("attribute") && attributeShown(photo) ? `Where ${attributeShown(photo)} is seen` : "");

function showNow() {
  const photo = detailPhoto();
  pane.show(photo);
  facts.replaceChildren(...factsOf(photo));
  facts.scrollTop = 0;
  detailListener(photo);
  document.getElementById("place").textContent = `${now.place + 1} of ${now.list.length}`;
  document.getElementById("previous").disabled = now.place === 0;
  document.getElementById("next").disabled = now.place === now.list.length - 1;
  refreshDetail();
}

/** Show anew what is open. */
export function refreshDetail() {
  for (const button of dialog.querySelectorAll("[data-view], [data-crop]")) {
    const { view, crop } = button.dataset;
    const pressed = view === undefined ? crop === look.crop : view === look.kind || view === `${look.kind}:1`;
    button.setAttribute("aria-pressed", String(pressed));
  }
  const cropWords = document.getElementById("crop-words");
  if (cropWords) cropWords.textContent = detailPhoto().cropWords[look.crop] ?? "";
  hint.textContent = hintOf(detailPhoto());
  markDeciding(deciding, detailPhoto());
  const shown = mapFor(detailPhoto(), look.kind);
  const view = look.kind === "technical" || look.kind === "technical:1" ? "technical" : shown?.kind ?? "photo";
  document.getElementById("detail-legend")?.replaceChildren(...legend(view, "", detailPhoto().uncoloured.length > 0));
  redraw();
}

function factsOf(photo) {
  const heading = make("h2", "", { id: "detail-title", textContent: photo.name });
  const known = isKnown(photo.doubt);
  const level = make("p", `level ${photo.level}`, { textContent: percent(photo.p) });
  level.append(make("span", "", { textContent: "probability of high" }));
  const parts = [heading];
  if (photo.folder) parts.push(make("p", "folder", { textContent: photo.folder }));
  if (photos.length > 1) level.append(make("span", "rank", { textContent: `${ordinal(photo.place)} of ${photos.length.toLocaleString("en")} by score` }));
  parts.push(...(known ? [level] : []), make("p", "assessment", { textContent: photo.words }));
  if (photo.doubt) parts.push(make("p", "reason", { textContent: reason(photo.doubt) }));
  if (known) {
    if (hasMaps) parts.push(equation(sumOf(photo)));
    parts.push(scoreLine(photo.score, photo.spread));
    if (hasMaps) parts.push(part("Maps", buttons("view", VIEWS.filter(([view]) => !["attribute", "technical"].includes(view))), make("p", "legend", { id: "detail-legend" })));
  }
  if (known && photo.technical !== null) parts.push(part(`Technical: ${photo.technical.toFixed(1)} of 10`, hasMaps ? buttons("view", technicalViews(photo)) : make("p", "quiet", { textContent: faultsInWords(photo) })));
  if (photo.attributes.length) parts.push(part("Attributes", attributes(photo)));
  if (hasMaps) parts.push(part("Crops", buttons("crop", Object.entries(CROP_NAMES)), make("p", "quiet", { id: "crop-words" })));
  parts.push(part("Photograph", exif(photo)));
  const others = photos.filter((other) => other.group === photo.group && other !== photo);
  if (others.length) {
    const beside = make("button", "beside", { type: "button", textContent: "Side by side (C)" });
    beside.addEventListener("click", () => besideListener(photo));
    parts.push(part(photo.reasons ? `Similar: ${photo.reasons}` : "Similar", similar(others), beside));
  }
  return parts;
}

function equation(sum) {
  const line = make("p", "equation");
  for (const [number, word] of [[sum.mean, "mean of the map"], ["", "+"], [sum.bias, "bias"], ["", "="], [sum.logit, "logit"]]) {
    const term = make("span", number ? "term" : "sign");
    term.append(...(number ? [make("b", "", { textContent: number }), make("small", "", { textContent: word })] : [word]));
    line.append(term);
  }
  return line;
}

function attributes(photo) {
  const list = make("div", "attributes");
  photo.attributes.forEach(([name, p], i) => {
    list.append(Object.assign(attributeButton(name, p, { view: `attribute:${i + 1}` }), { disabled: !hasMaps })); // it shows a map
  });
  return list;
}

const faultsInWords = ({ faults }) => faults.map(([name, p]) => `${name} ${percent(p)}`).join(", ");
const technicalViews = (photo) =>
  [["technical:1", "Map"], ...photo.faults.map(([name, p], i) => [`technical:${i + 2}`, `${name} ${percent(p)}`])];

function exif(photo) {
  const table = make("dl");
  const rows = [["size", `${photo.width} × ${photo.height}`], ...Object.entries(photo.exif)];
  if (photo.taken) rows.push(["taken", taken(photo)]);
  for (const [name, value] of rows) {
    table.append(make("dt", "", { textContent: name }), make("dd", "", { textContent: value }));
  }
  return table;
}

function similar(others) {
  const row = make("div", "similar");
  for (const other of others.slice(0, 24)) {
    const button = make("button", "", { type: "button" });
    button.append(pictureFrame(other));
    button.addEventListener("click", () => openDetail([detailPhoto(), ...others], other, look.kind, look.crop));
    showPicture(button.querySelector(".frame"), other, "photo", "");
    row.append(button);
  }
  return row;
}

stage.addEventListener("pointermove", (event) => {
  const photo = detailPhoto(), box = pane.picture.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
  const inside = hasMaps && isKnown(photo.doubt) && x >= 0 && x <= 1 && y >= 0 && y <= 1;
  if (!inside) { hint.textContent = hintOf(photo); return; }
  if (isUncoloured(photo.uncoloured, x, y)) { hint.textContent = UNCOLOURED; return; }
  const { map, kind } = mapFor(photo, look.kind) ?? { map: mapOf(photo), kind: "evidence" };
  const number = Number(look.kind.split(":")[1] ?? 1);
  const name = kind === "attribute" ? photo.attributes[number - 1][0] : kind === "fault" ? photo.faults[number - 2][0]
    : look.kind.startsWith("technical") ? "technical" : kind === "within" ? "against the photo\u2019s mean" : "evidence";
  hint.textContent = `${name} here ${signed(valueAt(map, x, y))}`;
});
stage.addEventListener("pointerleave", () => { hint.textContent = hintOf(detailPhoto()); });
dialog.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.view !== undefined) setDetail({ view: button.dataset.view });
  else if (button?.dataset.crop !== undefined) setDetail({ crop: button.dataset.crop });
  else if (event.target === dialog) dialog.close();
});
document.getElementById("previous").addEventListener("click", () => stepDetail(-1));
document.getElementById("next").addEventListener("click", () => stepDetail(1));
document.getElementById("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("close", () => { pane.clear(); facts.replaceChildren(); });
document.getElementById("about").textContent =
  `aesmap ${said.aesmap}, model ${said.model}; ${count(said.photographs.length, "photograph")}`;
