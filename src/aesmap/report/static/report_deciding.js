// What keys and buttons decide, how it is marked on cards, and what is said of it.
import { decisionSigns, decisionWords } from "./decisions.js";
import { count, make } from "./elements.js";
import { decidedPhotos, decide, decisionOf, stepDecision, whyNotKept } from "./report_decisions.js";
import { asDecisions, asList, asTable, save } from "./report_export.js";

const told = () => document.querySelectorAll(".told");
/** Say something to whoever looks and whoever listens. */
export function tell(text) { for (const element of told()) element.textContent = text; }

/** A decision with a change made to it: { stars } sets them, { flag } again takes it away. */
export function decideOn(photo, change) {
  const before = decisionOf(photo);
  const flag = change.flag === undefined ? before.flag : before.flag === change.flag ? "" : change.flag;
  decide(photo, { stars: change.stars ?? before.stars, flag });
  tell(`${photo.name}: ${decisionWords(decisionOf(photo))}`);
}

/** Undo or redo; gives the photograph that has another decision now. */
export function stepBack(back) {
  const photo = stepDecision(back);
  tell(photo ? `${back ? "Undone" : "Done again"}: ${photo.name} ${decisionWords(decisionOf(photo))}` : `Nothing to ${back ? "undo" : "redo"}.`);
  return photo;
}

/** Show on a card what is decided. */
export function markCard(card, photo) {
  const decision = decisionOf(photo);
  card.dataset.flag = decision.flag;
  card.querySelector(".signs")?.remove();
  if (!decision.stars && !decision.flag) return;
  const signs = decisionSigns(decision);
  signs.setAttribute("role", "img");
  signs.setAttribute("aria-label", decisionWords(decision));
  card.querySelector(".open").append(signs);
}

/** The buttons that decide on the photograph that `photoOf` gives; `act` gets a change, or null to undo. */
export function makeDeciding(bar, photoOf, act) {
  const button = (text, label, change, data) => {
    const element = make("button", "", { type: "button", textContent: text, title: label });
    element.setAttribute("aria-label", label);
    Object.assign(element.dataset, data);
    element.addEventListener("click", () => act(change?.stars && decisionOf(photoOf()).stars === change.stars ? { stars: 0 } : change));
    bar.append(element);
  };
  button("✕", "Reject (X)", { flag: "reject" }, { flag: "reject" });
  for (const stars of [1, 2, 3, 4, 5]) button("★", `${count(stars, "star")} (${stars})`, { stars }, { stars });
  button("✓", "Pick (P)", { flag: "pick" }, { flag: "pick" });
  button("↶", "Undo (U)", null, {});
}

export function markDeciding(bar, photo) {
  const { stars, flag } = decisionOf(photo);
  for (const element of bar.querySelectorAll("[data-stars]")) element.setAttribute("aria-pressed", String(Number(element.dataset.stars) <= stars));
  for (const element of bar.querySelectorAll("[data-flag]")) element.setAttribute("aria-pressed", String(element.dataset.flag === flag));
}

/** What is decided, in numbers, and where it is kept. */
export function sayDecided() {
  const all = decidedPhotos().map(decisionOf);
  const number = (test, word) => { const found = all.filter(test).length; return found ? [count(found, word)] : []; };
  const parts = [
    ...number(({ flag }) => flag === "pick", "pick"), ...number(({ flag }) => flag === "reject", "reject"),
    ...(all.some(({ stars }) => stars) ? [`${all.filter(({ stars }) => stars).length.toLocaleString("en")} with stars`] : []),
  ];
  const where = whyNotKept() ? `Not kept: ${whyNotKept()}. Save them before you close this page.` : "Kept in this browser only, until you save them as a file.";
  document.getElementById("decided-numbers").textContent = all.length ? `${parts.join(", ")}. ${where}` : whyNotKept() ? `Decisions cannot be kept: ${whyNotKept()}.` : "Nothing decided yet: 1 to 5 for stars, P to pick, X to reject, U to undo.";
  for (const id of ["save-decisions", "save-table"]) document.getElementById(id).disabled = all.length === 0;
}

/** Make the buttons that save; `shown` gives the photographs on the page, in order. */
export function makeSaving(shown) {
  const on = (id, action) => document.getElementById(id).addEventListener("click", action);
  on("save-decisions", () => save(asDecisions(), "decisions.json", "application/json"));
  on("save-table", () => save(asTable(), "decisions.csv", "text/csv"));
  on("save-list", () => save(asList(shown()), "list.txt", "text/plain"));
}
