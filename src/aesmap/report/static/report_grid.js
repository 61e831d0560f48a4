// The contact sheet: which photographs are shown, in which order, and the cards they stand on.
import { count, isKnown, make, percent } from "./elements.js";
import { sortsBy, testsOf } from "./photo_filter.js";
import { photos } from "./report_data.js";
import { markCard } from "./report_deciding.js";
import { decisionOf } from "./report_decisions.js";
import { clearPicture, pictureFrame, showPicture } from "./report_picture.js";

export const SORTS = sortsBy(decisionOf);
const inNameOrder = (a, b) => a.path.localeCompare(b.path, "en", { numeric: true });

const sizes = new Map(); // of bursts
for (const { group } of photos) sizes.set(group, (sizes.get(group) ?? 0) + 1);
const burstOf = ({ group }) => (sizes.get(group) > 1 ? group : null);

function isMember(path) {
  const member = photos.find((photo) => photo.path === path);
  return (photo) => photo.group === member?.group;
}

/** The photographs of a moment that a state lets through, the best taken first. */
export function alikeIn(state, photo) {
  const all = testsIn(state);
  const members = photos.filter((other) => other.group === photo.group && all.every((test) => test(other)));
  return members.sort((a, b) => a.rank - b.rank || inNameOrder(a, b));
}

const testsIn = (state) => [
  (photo) => state.level === "all" || photo.level === state.level,
  ...testsOf(state, { decisionOf, burstOf, isMember }),
];

/** What stands together as one picture; an uncertain photograph never hides behind a certain one. */
export const pictureOf = (photo) => `${photo.group}${photo.doubt ? " uncertain" : ""}`;

/** The photographs that a state lets through, winners of bursts first where they are collapsed. */
export function chosen(state) {
  const all = testsIn(state), compare = SORTS[state.sort][1];
  const passing = photos.filter((photo) => all.every((test) => test(photo))).sort((a, b) => compare(a, b) || inNameOrder(a, b));
  const groups = grouped(passing);
  const shown = [];
  for (const photo of passing) {
    const group = groups.get(pictureOf(photo));
    if (state.fold === "no") shown.push({ photo, more: 0 });
    else if (leader(group) === photo) {
      const open = state.open.has(pictureOf(photo));
      // What cannot be told from the best is not folded away.
      const [up, folded] = [group.filter((other) => other !== photo && other.rank === 1), group.filter((other) => other !== photo && other.rank !== 1)];
      shown.push({ photo, more: folded.length, open });
      for (const other of up) shown.push({ photo: other, more: 0 });
      if (open) for (const other of folded) shown.push({ photo: other, more: 0, inside: true });
    }
  }
  const folded = passing.length - shown.length;
  return { shown, folded, filtered: photos.length - passing.length };
}

// Of what is left of a burst the winner, or else the best.
const leader = (group) => group.find((photo) => photo.index === photo.group) ?? [...group].sort(SORTS.score[1])[0];

function grouped(list) {
  const groups = new Map();
  for (const photo of list) {
    const name = pictureOf(photo);
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(photo);
  }
  return groups;
}

const cards = new Map();
const seen = new Set();
let printing = false;

/** Cards come and go; pictures are decoded when they are about to be seen, and let go of later. */
export function watchCards(view) {
  return new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        seen.add(target);
        show(target, view());
      } else {
        seen.delete(target);
        if (!printing) clearPicture(target.querySelector(".frame"));
      }
    }
  }, { rootMargin: "700px 0px" });
}

export const repaint = (state) => seen.forEach((card) => show(card, state));

/** For print, where nothing scrolls into view. */
export function showAll(state) {
  printing = true;
  document.querySelectorAll(".card").forEach((card) => show(card, state));
}

export function showSeen() {
  printing = false;
  for (const card of document.querySelectorAll(".card")) {
    if (!seen.has(card)) clearPicture(card.querySelector(".frame"));
  }
}

function show(card, state) {
  const photo = photos[card.dataset.index];
  const share = card.querySelector(".p"); // none where nothing is said of an unfamiliar photograph
  if (share) share.textContent = state.view === "attribute" ? attributeWords(photo) : `${percent(photo.p)} high`;
  showPicture(card.querySelector(".frame"), photo, state.view, state.crop);
  const words = card.querySelector(".crop-words");
  words.textContent = photo.cropWords[state.crop] ?? "";
  words.title = words.textContent;
}

const attributeWords = ({ attributes: [first] }) => (first ? `${first[0]} ${percent(first[1])}` : "no attribute");

/** Mark anew what is decided of some photographs. */
export function markCards(changed) {
  for (const photo of changed) if (cards.has(photo.index)) markCard(cards.get(photo.index), photo);
}

/** Mark on their cards which photographs are selected. */
export function markSelected(selected) {
  for (const [index, item] of cards) {
    const isSelected = selected.has(photos[index]);
    if (item.classList.toggle("selected", isSelected) === isSelected && Boolean(item.querySelector(".chosen-word")) === isSelected) continue;
    item.querySelector(".chosen-word")?.remove();
    if (isSelected) item.querySelector(".open").append(make("span", "chosen-word unseen", { textContent: "selected" }));
  }
}

/** Put the chosen photographs on the page, the uncertain ones in a pile of their own. */
export function layOut(shown, observer) {
  const piles = { certain: [], uncertain: [] };
  for (const entry of shown) piles[entry.photo.doubt ? "uncertain" : "certain"].push(card(entry, observer));
  const kept = new Set(Object.values(piles).flat());
  for (const old of [...seen]) {
    if (!kept.has(old)) { seen.delete(old); clearPicture(old.querySelector(".frame")); }
  }
  for (const [name, list] of Object.entries(piles)) {
    const section = document.getElementById(name);
    section.hidden = list.length === 0;
    section.querySelector(".pile").replaceChildren(...list);
    section.querySelector("h2 small").textContent = count(list.length, "photograph");
  }
}

function card({ photo, more, open, inside }, observer) {
  let item = cards.get(photo.index);
  if (!item) {
    item = newCard(photo);
    cards.set(photo.index, item);
    observer.observe(item);
  }
  item.classList.toggle("inside", Boolean(inside));
  item.classList.toggle("stack", more > 0 && !open);
  item.querySelector(".burst")?.remove();
  if (more > 0) {
    const label = `${open ? "Fold" : "Show"} ${count(more, "similar photograph")} of ${photo.name}`;
    const badge = make("button", "burst", { type: "button", textContent: open ? "−" : `+${more}`, tabIndex: -1, title: label });
    badge.setAttribute("aria-label", label);
    badge.setAttribute("aria-expanded", String(open));
    item.append(badge);
  }
  return item;
}

function numbers(photo) {
  const line = make("span", "line");
  line.append(make("b", "", { textContent: photo.score.toFixed(1) }), make("span", "p", { textContent: `${percent(photo.p)} high` }));
  const meter = make("span", "meter"), filled = make("i");
  filled.style.width = `${100 * photo.p}%`;
  meter.append(filled);
  return [meter, line];
}

function newCard(photo) {
  const item = make("li", `card ${photo.level}`);
  item.dataset.index = photo.index;
  const button = make("button", "open", { type: "button", tabIndex: -1 });
  const box = make("span", "box");
  box.append(pictureFrame(photo));
  const name = make("span", "name", { textContent: photo.name, title: photo.path });
  button.append(box, ...(isKnown(photo.doubt) ? numbers(photo) : []), name);
  if (photo.doubt) button.append(make("span", "doubt", { textContent: photo.doubt }));
  if (photo.reasons === "cannot tell") button.append(make("span", "doubt", { textContent: "≈ cannot tell", title: "Cannot be told from the best of its like" }));
  button.append(make("span", "crop-words"));
  item.append(button);
  markCard(item, photo);
  return item;
}
