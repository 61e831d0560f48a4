// One photo, large: its maps, the sum that makes its assessment, its attributes, crops and EXIF.
import { attributeButton, buttons, count, isKnown, legend, make, ordinal, part, percent, reason, scoreLine, signed, UNCOLOURED } from "./elements.js";
import { isUncoloured, valueAt } from "./maps.js";
import { mapFor, mapOf, photos, said } from "./report_data.js";
import { decideOn, makeDeciding, markDeciding, stepBack, tell } from "./report_deciding.js";
import { pictureFrame, showPicture } from "./report_picture.js";
import { CROP_NAMES, sumOf, taken, VIEWS } from "./report_words.js";

const dialog = document.getElementById("detail");
const stage = document.getElementById("stage");
const facts = document.getElementById("facts");
const hint = document.getElementById("hint");
const now = { list: [], place: 0, view: "photo", crop: "" };

export const detailIsOpen = () => dialog.open;

/** Open a photo; `list` are those that the arrows lead to. */
export function openDetail(list, photo, view, crop) {
  Object.assign(now, { list, place: list.indexOf(photo), view, crop });
  if (!dialog.open) { dialog.showModal(); tell(""); }
  showNow();
}

/** Have a function called with the photo that is open. */
export const onDetail = (listener) => { detailListener = listener; };
let detailListener = () => {};

export function stepDetail(by) {
  const place = now.place + by;
  if (place < 0 || place >= now.list.length) return;
  now.place = place;
  [now.view] = now.view.split(":"); // of another photo's attributes and faults, the first
  showNow();
}

/** Show another map or crop, here; the same one again puts it away. */
export function setDetail(change) {
  if (change.view !== undefined) now.view = now.view === change.view ? "photo" : change.view;
  if (change.crop !== undefined) now.crop = now.crop === change.crop ? "" : change.crop;
  refresh();
}

export const detailPhoto = () => now.list[now.place];
export const detailCrop = () => now.crop;

/** Decide on the photo that is open, and go on to the next one. */
export function decideDetail(change) {
  decideOn(detailPhoto(), change);
  if (now.place < now.list.length - 1) stepDetail(1); else refresh();
}

/** Undo or redo, and show the photo that it was about, if the arrows lead there. */
export function stepBackDetail(back) {
  const place = now.list.indexOf(stepBack(back));
  if (place >= 0) now.place = place;
  showNow();
}

const deciding = document.getElementById("deciding");
makeDeciding(deciding, (change, button) => {
  if (change === null) stepBackDetail(true);
  else decideDetail(button.dataset.stars && button.getAttribute("aria-pressed") === "true" && !button.nextElementSibling.matches("[data-stars][aria-pressed=true]") ? { stars: 0 } : change);
});

const attributeShown = (photo) => photo.attributes[Number(now.view.split(":")[1] ?? 1) - 1]?.[0];
// What the picture shows, as long as no pointer asks for more.
const hintOf = (photo) => (now.view.startsWith("attribute") && attributeShown(photo) ? `Where ${attributeShown(photo)} is seen` : "");

function showNow() {
  const photo = detailPhoto();
  stage.replaceChildren(pictureFrame(photo));
  facts.replaceChildren(...factsOf(photo));
  facts.scrollTop = 0;
  detailListener(photo);
  document.getElementById("place").textContent = `${now.place + 1} of ${now.list.length}`;
  document.getElementById("previous").disabled = now.place === 0;
  document.getElementById("next").disabled = now.place === now.list.length - 1;
  refresh();
}

function refresh() {
  for (const button of dialog.querySelectorAll("[data-view], [data-crop]")) {
    const { view, crop } = button.dataset;
    const pressed = view === undefined ? crop === now.crop : view === now.view || view === `${now.view}:1`;
    button.setAttribute("aria-pressed", String(pressed));
  }
  hint.textContent = hintOf(detailPhoto());
  markDeciding(deciding, detailPhoto());
  const shown = mapFor(detailPhoto(), now.view);
  const view = now.view === "technical" || now.view === "technical:1" ? "technical" : shown?.kind ?? "photo";
  document.getElementById("detail-legend")?.replaceChildren(...legend(view, "", detailPhoto().uncoloured.length > 0));
  showPicture(stage.querySelector(".frame"), detailPhoto(), now.view, now.crop, true);
}

function factsOf(photo) {
  const sum = sumOf(photo);
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
    parts.push(equation(sum), scoreLine(photo.score, photo.spread));
    parts.push(part("Maps", buttons("view", VIEWS.filter(([view]) => !["attribute", "technical"].includes(view))), make("p", "legend", { id: "detail-legend" })));
  }
  if (known && photo.technical !== null) parts.push(part(`Technical: ${photo.technical.toFixed(1)} of 10`, buttons("view", technicalViews(photo))));
  if (photo.attributes.length) parts.push(part("Attributes", attributes(photo)));
  const crops = Object.entries(CROP_NAMES);
  parts.push(part("Crops", buttons("crop", crops)));
  parts.push(part("Photograph", exif(photo)));
  const others = photos.filter((other) => other.group === photo.group && other !== photo);
  if (others.length) parts.push(part(photo.reasons ? `Similar: ${photo.reasons}` : "Similar", similar(others)));
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
  photo.attributes.forEach(([name, p], i) => list.append(attributeButton(name, p, { view: `attribute:${i + 1}` })));
  return list;
}

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
    button.addEventListener("click", () => openDetail([detailPhoto(), ...others], other, now.view, now.crop));
    showPicture(button.querySelector(".frame"), other, "photo", "");
    row.append(button);
  }
  return row;
}

stage.addEventListener("pointermove", (event) => {
  const photo = detailPhoto(), frame = stage.querySelector(".frame");
  const box = frame.getBoundingClientRect();
  const x = (event.clientX - box.left) / box.width, y = (event.clientY - box.top) / box.height;
  const inside = isKnown(photo.doubt) && x >= 0 && x <= 1 && y >= 0 && y <= 1;
  const { map, kind } = mapFor(photo, now.view) ?? { map: mapOf(photo), kind: "evidence" };
  const number = Number(now.view.split(":")[1] ?? 1);
  const name = kind === "attribute" ? photo.attributes[number - 1][0] : kind === "fault" ? photo.faults[number - 2][0]
    : now.view.startsWith("technical") ? "technical" : kind === "within" ? "against the photo\u2019s mean" : "evidence";
  if (inside && isUncoloured(photo.uncoloured, x, y)) hint.textContent = UNCOLOURED;
  else hint.textContent = inside ? `${name} here ${signed(valueAt(map, x, y))}` : hintOf(photo);
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
dialog.addEventListener("close", () => { stage.replaceChildren(); facts.replaceChildren(); });
window.addEventListener("resize", () => { if (dialog.open) refresh(); });
document.getElementById("about").textContent =
  `aesmap ${said.aesmap}, model ${said.model}; ${count(said.photographs.length, "photograph")}`;
