// Decisions: what a key or a button decides, and the way back.
import { decisionWords, UNDECIDED } from "./decisions.js";
import { count, make } from "./elements.js";
import { complain, notice, say } from "./review_notice.js";
import { go, here, list, move, place, selected, setView, show, whenShown } from "./review_place.js";
import { decide, decisionOf, proposedStars, step, store } from "./review_store.js";

function decideOn(change) {
  if (store.readOnly) { notice(`Nothing is kept: ${store.readOnly}.`); return; }
  const photos = here.view === "grid" && selected.size ? list.filter((photo) => selected.has(photo.id)) : [here.photo];
  if (!photos[0]) return;
  const at = place(), after = list[at + 1] ?? null;
  const target = change(decisionOf(photos[0]));
  const kept = decide(photos.map((photo) => [photo, { ...decisionOf(photo), ...target }]));
  kept.catch((error) => complain(error.message));
  say(`${photos.length > 1 ? count(photos.length, "photograph") : photos[0].name}: ${decisionWords(decisionOf(photos[0]))}`);
  if (photos.length > 1 || here.view === "compare") return;
  const isStill = list.some((photo) => photo.id === photos[0].id);
  if (here.advance || !isStill) {
    const next = (after && list.includes(store.photos[after.id]) && after) || (!isStill && list[Math.min(at, list.length - 1)]);
    if (next) go(next);
    else if (!isStill) { here.photo = null; setView("grid"); }
  }
}

export const stars = (number) => decideOn(() => ({ stars: number }));
export const flag = (name) => decideOn((before) => ({ flag: before.flag === name ? "" : name }));

export async function stepBack(back) {
  if (store.readOnly) { notice(`Nothing is kept: ${store.readOnly}.`); return; }
  try {
    const ids = await step(back);
    if (!ids.length) { notice(`Nothing to ${back ? "undo" : "redo"}.`); return; }
    const photo = store.photos[ids[0]];
    const isShown = list.includes(photo);
    if (isShown && here.view !== "compare") go(photo); else show();
    notice(`${back ? "Undone" : "Done again"}: ${ids.length > 1 ? count(ids.length, "photograph") : photo.name} ${decisionWords(decisionOf(photo))}${isShown ? "" : " (the filter does not show it)"}`);
  } catch (error) {
    complain(error.message);
  }
}

export function makeDeciding(bar, close) {
  const button = (text, label, action, data = {}) => {
    const element = make("button", "", { type: "button", textContent: text, title: label });
    element.setAttribute("aria-label", label);
    Object.assign(element.dataset, data);
    element.addEventListener("click", action);
    bar.append(element);
  };
  button("←", "Back to the one before (←)", () => move(-1));
  const flags = [["✕", "Reject (X)", "reject"], ["✓", "Pick (P)", "pick"]];
  button(flags[0][0], flags[0][1], () => flag("reject"), { flag: "reject" });
  for (const number of [1, 2, 3, 4, 5]) {
    button("★", `${count(number, "star")} (${number})`, () => stars(decisionOf(here.photo).stars === number ? 0 : number), { stars: number });
  }
  button(flags[1][0], flags[1][1], () => flag("pick"), { flag: "pick" });
  button("↶", "Undo (U)", () => stepBack(true), { undo: "" });
  button("→", "On to the next one (→)", () => move(1));
  const closing = make("button", "close", { type: "button", textContent: "×", title: "Back to all (Esc)" });
  closing.setAttribute("aria-label", "Back to all (Esc)");
  closing.addEventListener("click", close);
  bar.append(closing);
  whenShown(() => markDeciding(bar));
}

function markDeciding(bar) {
  const decision = here.photo ? decisionOf(here.photo) : UNDECIDED;
  const proposed = here.photo ? proposedStars(here.photo) : 0;
  for (const element of bar.querySelectorAll("[data-stars]")) {
    element.setAttribute("aria-pressed", String(Number(element.dataset.stars) <= decision.stars));
    element.classList.toggle("ghost", Number(element.dataset.stars) <= proposed);
  }
  for (const element of bar.querySelectorAll("[data-flag]")) element.setAttribute("aria-pressed", String(element.dataset.flag === decision.flag));
  bar.querySelector("[data-undo]").disabled = !store.undoable || Boolean(store.readOnly);
}
