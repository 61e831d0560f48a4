// What is said beside one photograph: numbers, words, attributes, its like, its EXIF.
import { decisionSigns, decisionWords } from "./decisions.js";
import { attributeButton, buttons, isKnown, make, ordinal, part, percent, reason, scoreLine, UNCOLOURED } from "./elements.js";
import { pictureOf } from "./review_api.js";
import { burstOf, decisionOf, isUntold, placeOf, rankOf } from "./review_store.js";

const FAULTS = {
  soft: "soft", motion_blurred: "blurred by motion", noisy: "noisy", too_dark: "too dark", too_light: "too light",
  blocky: "blocky from compression", tilted: "tilted",
};
export const faultName = (name) => FAULTS[name] ?? name;
export const MAPS = [["", "None"], ["evidence", "Evidence"], ["technical", "Technical"], ["attribute:0", "Attribute"]];

/** The elements of the facts. `detail` is null as long as there is none. */
export function factsOf(photo, detail, place) {
  const decision = decisionOf(photo);
  const heading = make("h2", "", { textContent: photo.name });
  const parts = [heading, make("p", "folder", { textContent: [photo.folder, place].filter(Boolean).join(" · ") })];
  const line = make("p", "decision", { textContent: decisionWords(decision) });
  line.prepend(decisionSigns(decision));
  parts.push(line);
  if (photo.problem) parts.push(make("p", "reason", { textContent: `This photograph ${photo.problem}.` }));
  if (photo.score === undefined) {
    if (!photo.problem) parts.push(make("p", "quiet", { textContent: "Not scored yet; this one is next." }));
    return [...parts, ...alike(photo)];
  }
  const known = isKnown(photo.doubt);
  if (known) parts.push(numbers(photo));
  if (detail) parts.push(make("p", "assessment", { textContent: detail.words }));
  if (photo.doubt) parts.push(make("p", "reason", { textContent: reason(photo.doubt) }));
  if (!detail) return [...parts, ...alike(photo)];
  parts.push(...alike(photo));
  if (known) parts.push(part("Maps", buttons("kind", MAPS.filter(([kind]) => (kind !== "technical" || detail.technicalMap) && (kind !== "attribute:0" || detail.attributes.length)))));
  if (known && detail.uncoloured.length) parts.push(make("p", "quiet", { textContent: `In maps ${UNCOLOURED}.` }));
  if (detail.attributes.length) {
    const list = make("div", "attributes");
    detail.attributes.forEach(({ name, p }, i) => list.append(attributeButton(name, p, { kind: `attribute:${i}` })));
    parts.push(part("Attributes", list));
  }
  if (known) parts.push(scoreLine(photo.score, detail.spread));
  parts.push(part("Photograph", exif(photo, detail)));
  return parts;
}

function numbers(photo) {
  const row = make("dl", "numbers");
  const add = (term, value, className = "") => {
    const pair = make("div", className);
    pair.append(make("dt", "", { textContent: term }), make("dd", "", { textContent: value }));
    row.append(pair);
  };
  add("score", photo.score.toFixed(1), photo.high ? "warm" : "cool");
  const { place, of } = placeOf(photo);
  if (of > 1) add(`of ${of.toLocaleString("en")}`, ordinal(place));
  add("seen as beautiful", percent(photo.p));
  if (photo.technical !== null) add("technical", photo.technical.toFixed(1));
  const faults = Object.entries(photo.faults);
  if (!faults.length) return row;
  const list = make("p", "faults");
  for (const [name, p] of faults) list.append(make("span", "fault", { textContent: `${faultName(name)} ${percent(p)}` }), " ");
  const both = make("div");
  both.append(row, list);
  return both;
}

function alike(photo) {
  const burst = burstOf(photo);
  if (!burst.length) return [];
  const row = make("div", "similar");
  for (const other of burst) {
    const button = make("button", "", { type: "button", title: other.name });
    button.dataset.photo = other.id;
    const { rank } = rankOf(other);
    const best = rank === 1 ? (isUntold(other) ? "≈" : "1st") : "";
    button.setAttribute("aria-label", [other.name, best, rankWords(other), decisionWords(decisionOf(other))].filter(Boolean).join(", "));
    if (other === photo) button.setAttribute("aria-current", "true");
    button.append(make("img", "", { src: pictureOf(other, "thumbnail"), alt: "" }), decisionSigns(decisionOf(other)));
    if (best) button.append(make("span", "best", { textContent: best }));
    row.append(button);
  }
  const told = make("div");
  const words = rankWords(photo);
  if (words) told.append(make("p", "rank", { textContent: words }));
  told.append(row);
  return [part(`${burst.indexOf(photo) + 1} of ${burst.length} alike`, told)];
}

/** Best taken: sharper (+1.8) · Cannot be told from the best · Behind the best: softer (−3.1) */
function rankWords(photo) {
  const { rank, why } = rankOf(photo);
  if (!rank) return "";
  if (why === "same picture") return "The same picture as another";
  if (isUntold(photo)) return "Cannot be told from the best";
  if (rank === 1) return why ? `Best taken: ${why}` : "First of its like";
  return why ? `Behind the best: ${why}` : "";
}

function exif(photo, detail) {
  const table = make("dl", "exif");
  const rows = [["size", `${photo.width} × ${photo.height}`], ...Object.entries(detail.exif)];
  if (photo.taken) rows.push(["taken", photo.taken.replace("T", " ").slice(0, 19)]);
  for (const [name, value] of rows) table.append(make("dt", "", { textContent: name }), make("dd", "", { textContent: value }));
  return table;
}
