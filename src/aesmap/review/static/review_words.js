// Decisions and photographs in words and signs.
import { make } from "./elements.js";

export const starsOf = ({ stars }) => "★".repeat(stars);
export const FLAG_SIGNS = { pick: "✓", reject: "✕" };

/** 3 stars, pick */
export function decisionWords({ stars, flag }) {
  const words = [stars ? `${stars} star${stars === 1 ? "" : "s"}` : "", { pick: "pick", reject: "rejected" }[flag] ?? ""];
  return words.filter(Boolean).join(", ") || "undecided";
}

/** What is said after its name to somebody who does not see a photograph. */
export function spoken(photo, decision, numAlike) {
  const score = photo.score === undefined ? "" : `score ${photo.score.toFixed(1)}`;
  const alike = numAlike ? `one of ${numAlike} alike` : "";
  return [decisionWords(decision), score, photo.problem ?? "", alike].filter(Boolean).join(", ");
}

/** The signs of a decision. */
export function decisionSigns(decision) {
  const signs = make("span", "signs");
  if (decision.flag) signs.append(make("b", decision.flag, { textContent: FLAG_SIGNS[decision.flag] }));
  if (decision.stars) signs.append(make("i", "stars", { textContent: starsOf(decision) }));
  return signs;
}

/** A short list of the numbers: 6.1 · technical 7.2 · soft */
export function numbersOf(photo) {
  if (photo.score === undefined) return photo.problem ? "" : "not scored yet";
  const parts = [photo.score.toFixed(1)];
  if (photo.technical !== null) parts.push(`technical ${photo.technical.toFixed(1)}`);
  if (photo.faultWords) parts.push(photo.faultWords);
  if (photo.doubt) parts.push(photo.doubt);
  return parts.join(" · ");
}
