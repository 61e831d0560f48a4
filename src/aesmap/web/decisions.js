// Decisions in words and signs, and which of them a filter lets through.
import { make } from "./elements.js";

export const UNDECIDED = Object.freeze({ stars: 0, flag: "" });
export const DECIDED = {
  "": "Any decision", no: "Undecided", yes: "Decided", pick: "Picks", reject: "Rejects", kept: "All but rejects",
};
/** Whether a decision is of a kind that DECIDED names. */
export const isOfKind = {
  no: ({ stars, flag }) => !stars && !flag, yes: ({ stars, flag }) => Boolean(stars || flag),
  pick: ({ flag }) => flag === "pick", reject: ({ flag }) => flag === "reject", kept: ({ flag }) => flag !== "reject",
};
/** A number by which most stars come first, picks before others of as many, rejects last. */
export const liking = ({ stars, flag }) => stars + (flag === "pick" ? 0.5 : flag === "reject" ? -9 : 0);

export const starsOf = ({ stars }) => "★".repeat(stars);
export const FLAG_SIGNS = { pick: "✓", reject: "✕" };

/** 3 stars, pick */
export function decisionWords({ stars, flag }) {
  const words = [stars ? `${stars} star${stars === 1 ? "" : "s"}` : "", { pick: "pick", reject: "rejected" }[flag] ?? ""];
  return words.filter(Boolean).join(", ") || "undecided";
}

/** The signs of a decision; hollow stars for what is only proposed. */
export function decisionSigns(decision, proposed = 0) {
  const signs = make("span", "signs");
  if (decision.flag) signs.append(make("b", decision.flag, { textContent: FLAG_SIGNS[decision.flag] }));
  if (decision.stars) signs.append(make("i", "stars", { textContent: starsOf(decision) }));
  if (proposed) signs.append(make("i", "stars ghost", { textContent: "☆".repeat(proposed) }));
  return signs;
}
