// The sheet of all photographs: only those in sight have elements, however many there are.
import { decisionSigns } from "./decisions.js";
import { make } from "./elements.js";
import { pictureOf } from "./review_api.js";
import { load } from "./review_loader.js";
import { burstOf, decisionOf, isUntold, proposedStars } from "./review_store.js";
import { spoken } from "./review_words.js";

const sheet = document.getElementById("sheet");
const inside = document.getElementById("sheet-inside");
const GAP = 14, LINES = 50, LEAST = 190, LEAST_PHONE = 148, ROWS_AHEAD = 2;

const cells = new Map(); // by the photograph's id
const pool = [];
let photos = [], placeOf = new Map(), active = null, selected = new Set();
let columns = 1, width = 200, height = 200, isTechnical = false;

export const numColumns = () => columns;
export const rowsInSight = () => Math.max(1, Math.floor(sheet.clientHeight / (height + GAP)));

/** Show these photographs, one of them active, some selected; `sort` says which number they show. */
export function showSheet(list, activePhoto, selection, sort) {
  isTechnical = sort === "technical" || sort === "faulty";
  photos = list;
  placeOf = new Map(list.map((photo, place) => [photo.id, place]));
  active = activePhoto;
  selected = selection;
  measure();
  render();
}

/** Bring the active photograph into sight. */
export function reveal() {
  const place = active === null ? undefined : placeOf.get(active.id);
  if (place === undefined) return;
  const top = Math.floor(place / columns) * (height + GAP);
  if (top < sheet.scrollTop) sheet.scrollTop = top;
  else if (top + height + GAP > sheet.scrollTop + sheet.clientHeight) sheet.scrollTop = top + height + GAP - sheet.clientHeight;
}

function measure() {
  const style = getComputedStyle(sheet);
  const room = sheet.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  if (room <= 0) return;
  columns = Math.max(1, Math.floor((room + GAP) / ((room < 600 ? LEAST_PHONE : LEAST) + GAP)));
  width = Math.floor((room - GAP * (columns - 1)) / columns);
  height = Math.round(width * 0.75) + LINES;
  inside.style.height = `${Math.ceil(photos.length / columns) * (height + GAP)}px`;
}

function render() {
  const row = height + GAP;
  // A list that has become shorter ends above where the sheet still stands.
  const top = Math.min(sheet.scrollTop, Math.max(0, Math.ceil(photos.length / columns) * row - sheet.clientHeight));
  const first = Math.max(0, Math.floor(top / row) - ROWS_AHEAD) * columns;
  const last = Math.min(photos.length, (Math.ceil((top + sheet.clientHeight) / row) + ROWS_AHEAD) * columns);
  const wanted = new Set(photos.slice(first, last).map((photo) => photo.id));
  if (active && placeOf.has(active.id)) wanted.add(active.id); // what is told as active must exist
  for (const [id, cell] of cells) {
    if (wanted.has(id)) continue;
    cells.delete(id);
    cell.remove();
    cell.shown = cell.wants = "";
    pool.push(cell);
  }
  for (const id of wanted) {
    const place = placeOf.get(id);
    let cell = cells.get(id);
    if (!cell) {
      cell = pool.pop() ?? newCell();
      cells.set(id, cell);
      inside.append(cell);
    }
    put(cell, photos[place], place);
  }
  if (active && placeOf.has(active.id)) sheet.setAttribute("aria-activedescendant", `photo-${active.id}`);
  else sheet.removeAttribute("aria-activedescendant");
}

function newCell() {
  const cell = make("div", "cell");
  cell.setAttribute("role", "option");
  const box = make("span", "box"), foot = make("span", "foot");
  for (const element of [box, foot]) element.setAttribute("aria-hidden", "true");
  foot.append(make("span", "signs"), make("b", "score"));
  cell.append(make("span", "name"), make("span", "unseen"), box, foot); // as it is read out
  return cell;
}

function put(cell, photo, place) {
  const x = (place % columns) * (width + GAP), y = Math.floor(place / columns) * (height + GAP);
  const decision = decisionOf(photo);
  const burst = burstOf(photo), proposed = proposedStars(photo), untold = isUntold(photo);
  const isActive = active?.id === photo.id, isSelected = selected.has(photo.id);
  const shown = [photo.id, photo.version, photo.score, photo.problem, decision.stars, decision.flag, proposed, burst.length, untold, x, y, width, isActive, isSelected, isTechnical, place, photos.length].join(" ");
  if (cell.shown === shown) return;
  cell.shown = shown;
  cell.id = `photo-${photo.id}`;
  cell.dataset.id = photo.id;
  Object.assign(cell.style, { transform: `translate(${x}px, ${y}px)`, width: `${width}px`, height: `${height}px` });
  cell.className = ["cell", decision.flag, isActive && "active", isSelected && "selected", isTechnical ? "plain" : photo.high === false && "low"].filter(Boolean).join(" ");
  cell.setAttribute("aria-selected", String(isSelected || isActive));
  cell.setAttribute("aria-posinset", place + 1);
  cell.setAttribute("aria-setsize", photos.length);
  const [name, words, box, foot] = cell.children;
  words.textContent = spoken(photo, decision, burst.length, proposed, untold);
  foot.firstChild.replaceWith(decisionSigns(decision, proposed));
  foot.lastChild.textContent = numberOf(photo);
  name.textContent = photo.name;
  showPicture(cell, box, photo);
  let mark = box.querySelector(".alike");
  if (burst.length && !mark) box.append((mark = make("span", "alike")));
  if (mark) {
    mark.textContent = burst.length ? `${untold ? "≈ " : ""}${burst.length}` : "";
    mark.title = untold ? "Cannot be told from the best of these" : "";
  }
  if (mark && !burst.length) mark.remove();
}

function numberOf(photo) {
  if (isTechnical) return typeof photo.technical === "number" ? `technical ${photo.technical.toFixed(1)}` : "";
  return photo.score === undefined ? "" : photo.score.toFixed(1);
}

function showPicture(cell, box, photo) {
  const wants = photo.problem ? `problem ${photo.problem}` : pictureOf(photo, "thumbnail");
  if (cell.wants === wants) return;
  cell.wants = wants;
  box.replaceChildren();
  if (photo.problem) {
    box.append(make("span", "bad", { textContent: photo.problem }));
    return;
  }
  load(wants, () => cell.wants === wants, (image) => box.prepend(image ?? make("span", "bad", { textContent: "no picture" })));
}

let isDue = false;
sheet.addEventListener("scroll", () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => { isDue = false; render(); });
}, { passive: true });
new ResizeObserver(() => { measure(); render(); }).observe(sheet);
