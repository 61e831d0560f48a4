// Two photographs, and which of them is liked more. What is shown is what the server keeps.
import { count, make } from "./elements.js";

const byId = (id) => document.getElementById(id);
const NEWS_MS = 1500;
const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", " ": "tie", s: "skip" };
const SAID = { left: "left", right: "right", tie: "no difference", skip: "skipped" };

let state = null;
let isWaiting = false;
let wentOn = -1; // the number of answers at which somebody chose to go on

async function asked(address, body) {
  let response;
  try {
    const options = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    response = await fetch(address, options);
  } catch {
    throw new Error("The page's program has ended. Answers are kept: start it again, and open its new address.");
  }
  const said = await response.json().catch(() => ({}));
  if (response.ok) return said;
  throw new Error(said.error?.message ?? `The program answers ${response.status}.`);
}

function complain(message) {
  byId("problem").textContent = message;
  byId("problem").hidden = !message;
}

/** Do one thing at a time: a second key while an answer is under way is none. */
async function turn(work) {
  if (isWaiting) return;
  isWaiting = true;
  document.documentElement.dataset.waiting = "yes";
  let problem = "";
  try {
    state = await work();
  } catch (error) {
    problem = error.message;
    try { state = await asked("v1/state"); } catch { /* it has ended, which the problem tells */ }
  } finally {
    isWaiting = false;
    delete document.documentElement.dataset.waiting;
  }
  complain(problem); // once keys count again, so that nobody answers it into the void
  show();
}

function answer(choice) {
  if (!state?.pair || isWaiting || isOver()) return;
  for (const side of ["left", "right"]) byId(side).classList.toggle("chosen", choice === side);
  byId("said").textContent = SAID[choice];
  turn(() => asked("v1/answers", { number: state.number, choice }));
}

const undo = () => { if (state?.number) turn(() => asked("v1/undo", {})); };
const finish = () => turn(() => asked("v1/finish", {}));
const isOver = () => Boolean(state.outcome) && wentOn !== state.number;

function show() {
  if (!state) return;
  byId("title").textContent = state.title;
  document.title = `${state.title}: which do you like more?`;
  const parts = [count(state.answers, "answer")];
  if (state.ties) parts.push(count(state.ties, "tie"));
  if (state.skipped) parts.push(`${state.skipped} skipped`);
  byId("counts").textContent = `${parts.join(", ")}; ${count(state.photographs, "photograph")}`;
  const { done, total, ready, problem } = state.looking;
  byId("looking").hidden = ready;
  byId("looking").textContent = problem || `looking at them: ${done} of ${total}; pairs are drawn at random so far`;
  byId("outcome").hidden = !isOver();
  if (isOver()) byId("line").textContent = `${ending()}${state.outcome.line}. ${advice()}`;
  document.querySelectorAll("[data-choice], .photo").forEach((button) => { button.disabled = !state.pair || isOver(); });
  byId("undo").disabled = !state.number;
  byId("finish").disabled = !ready || !state.answers;
  (state.pair ?? []).forEach((photo, i) => showPhoto(["left", "right"][i], photo));
}

const ENDINGS = { "good enough": "Good enough: ", enough: "More pairs would tell little: " };
const ending = () => ENDINGS[state.decision] ?? "";

const advice = () => (state.outcome.written ? `Use it with --taste ${state.output}.` : "Nothing was written.");

function showPhoto(side, photo) {
  const button = byId(side);
  button.classList.remove("chosen");
  byId(`${side}-name`).textContent = photo.name;
  const address = `v1/preview/${photo.id}?version=${encodeURIComponent(photo.version)}`;
  if (button.dataset.address === address) return;
  button.dataset.address = address;
  const image = make("img", "", { alt: photo.name, src: address });
  image.addEventListener("error", () => button.replaceChildren(make("span", "bad", { textContent: `${photo.name} cannot be shown: skip it` })));
  button.replaceChildren(image);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if ((key === " " || key === "Enter") && event.target.closest?.("button:not(.photo, [data-choice])")) return;
  if (KEYS[key]) { event.preventDefault(); answer(KEYS[key]); }
  else if (key === "u" || key === "Backspace") { event.preventDefault(); undo(); }
  else if (key === "t") theme();
});
// A button with the focus would be pressed by the space that has been an answer already.
document.addEventListener("keyup", (event) => { if (event.key === " " && event.target.closest?.(".photo, [data-choice]")) event.preventDefault(); });
for (const button of document.querySelectorAll("[data-choice]")) button.addEventListener("click", () => answer(button.dataset.choice));
for (const side of ["left", "right"]) byId(side).addEventListener("click", () => answer(side));
byId("undo").addEventListener("click", undo);
byId("finish").addEventListener("click", finish);
byId("on").addEventListener("click", () => { wentOn = state.number; show(); });
byId("theme").addEventListener("click", theme);

function theme() {
  const root = document.documentElement;
  const isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
}

/** Ask how far looking is, as long as it goes on; no key is lost to that. */
async function listen() {
  try {
    const said = await asked("v1/state");
    // What was answered meanwhile is newer.
    if (!isWaiting && (!state || state.number === said.number)) { state = said; show(); }
  } catch (error) {
    complain(error.message);
  }
  if (!state || !(state.looking.ready || state.looking.problem)) setTimeout(listen, NEWS_MS);
}
listen();
