// What is decided of each photograph, kept in this browser: under the report's own name, each by
// the photograph's path and fingerprint, so that neither another report nor another file of the
// same name meets it.
import { UNDECIDED } from "./decisions.js";
import { photos, said } from "./report_data.js";

const PLACE = `aesmap-report:${said.id}`;
const MOST_STEPS = 5000;
const NOTHING = () => ({ decisions: {}, steps: [], undone: [] });
const keyOf = (photo) => `${photo.path}|${photo.fingerprint}`;
const photoOf = new Map(photos.map((photo) => [keyOf(photo), photo]));

let held = NOTHING();
let whyLost = "";
const decisionListeners = new Set();

/** Why decisions do not outlast this page; empty where they do. */
export const whyNotKept = () => whyLost;
/** Have a function called after every change with the photographs it may be about. */
export const onDecisions = (listener) => decisionListeners.add(listener);
const tellDecided = (changed) => { for (const listener of decisionListeners) listener(changed); };

export function decisionOf(photo) {
  const found = held.decisions[keyOf(photo)];
  return found ? { stars: found[0], flag: found[1] } : UNDECIDED;
}

export const decidedPhotos = () => photos.filter((photo) => keyOf(photo) in held.decisions);

// Another tab may have decided meanwhile: what it kept is read before anything is added to it.
function readKept() {
  if (whyLost) return;
  let text;
  try {
    text = localStorage.getItem(PLACE);
  } catch {
    whyLost = "this browser keeps nothing for pages like this one";
    return;
  }
  try {
    const found = text === null ? NOTHING() : JSON.parse(text);
    if (typeof found.decisions !== "object" || !Array.isArray(found.steps) || !Array.isArray(found.undone)) throw new TypeError("not ours");
    held = found;
  } catch {
    whyLost = "what this browser kept of this report cannot be read, and is left as it is";
  }
}

function keep() {
  if (whyLost) return;
  try {
    localStorage.setItem(PLACE, JSON.stringify(held));
  } catch {
    whyLost = "this browser has no room left";
  }
}

function put(key, [stars, flag]) {
  if (stars || flag) held.decisions[key] = [stars, flag];
  else delete held.decisions[key];
}

/** Decide on a photograph; the same again changes nothing. */
export function decide(photo, { stars, flag }) {
  readKept();
  const key = keyOf(photo), before = held.decisions[key] ?? [0, ""];
  if (before[0] === stars && before[1] === flag) return;
  held.steps.push([key, before, [stars, flag]]);
  held.steps.splice(0, held.steps.length - MOST_STEPS);
  held.undone = [];
  put(key, [stars, flag]);
  keep();
  tellDecided([photo]);
}

/** Undo or redo one step; gives its photograph, or null where there is nothing to go back to. */
export function stepDecision(back) {
  readKept();
  const [from, to] = back ? [held.steps, held.undone] : [held.undone, held.steps];
  const step = from.pop();
  if (!step) return null;
  to.push(step);
  put(step[0], back ? step[1] : step[2]);
  keep();
  const photo = photoOf.get(step[0]) ?? null; // one that an earlier report of this name had
  tellDecided(photo ? [photo] : []);
  return photo;
}

window.addEventListener("storage", (event) => {
  if (event.key !== PLACE && event.key !== null) return;
  readKept();
  tellDecided(photos);
});
window.addEventListener("beforeunload", (event) => {
  if (whyLost && Object.keys(held.decisions).length) event.preventDefault();
});
readKept();
