// The page of a review: it begins, hears what is new, and says how far it is.
import { count } from "./elements.js";
import { agreement, score } from "./review_api.js";
import { DEFAULTS } from "./review_filter.js";
import { complain, notice } from "./review_notice.js";
import { makePanel, openPanel, panelIsOpen, showPanel } from "./review_panel.js";
import { here, list, recall, refilter, setFilter, show, whenShown } from "./review_place.js";
import { begin, decisionOf, isDecided, isWaiting, listen, onChange, store } from "./review_store.js";
import { agreementInWords } from "./review_words.js";
import { jobIsRunning, makeWriting, openWriting, showJob } from "./review_write.js";
import "./review_keys.js";

const FROM_DECISIONS = 50;
const byId = (id) => document.getElementById(id);

function showCounts() {
  const number = (test) => store.photos.filter(test).length.toLocaleString("en");
  const flagged = (flag) => number((photo) => decisionOf(photo).flag === flag);
  byId("counts").textContent = [
    list.length < store.photos.length ? `${list.length.toLocaleString("en")} of ${count(store.photos.length, "photograph")}` : count(store.photos.length, "photograph"),
    `${flagged("pick")} picked`, `${flagged("reject")} rejected`, `${number((photo) => !isDecided(photo))} undecided`,
  ].join(" · ");
}

function showScoring() {
  const { phase, done, total, rate, problem } = store.scoring;
  byId("scoring").hidden = phase === "done";
  const words = { starting: "loading the model", failed: problem };
  const speed = rate ? `, ${rate.toFixed(rate < 10 ? 1 : 0)} a second` : "";
  byId("progress").textContent = words[phase] ?? `${phase === "stopped" ? "scoring stopped at" : "scoring"} ${done.toLocaleString("en")} of ${total.toLocaleString("en")}${phase === "running" ? speed : ""}`;
  const runs = phase === "running" || phase === "starting";
  byId("switch").textContent = runs ? "Stop" : "Go on";
}

byId("open-filter").addEventListener("click", () => openPanel(!panelIsOpen(), !panelIsOpen()));
byId("open-write").addEventListener("click", openWriting);
byId("clear").addEventListener("click", () => setFilter({ ...DEFAULTS, sort: here.filter.sort }));
byId("switch").addEventListener("click", async () => {
  try {
    await score(["stopped", "failed"].includes(store.scoring.phase));
    await hear();
  } catch (error) { complain(error.message); }
});
byId("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
});
byId("help").addEventListener("click", (event) => { if (event.target.closest("button") || event.target === byId("help")) byId("help").close(); });
window.addEventListener("popstate", recall);
window.addEventListener("beforeunload", (event) => { if (isWaiting()) event.preventDefault(); });

let wasTold = false;
/** Say once, when there are decisions enough, how often they are what was proposed. */
async function tellAgreement() {
  if (wasTold || store.photos.filter(isDecided).length < FROM_DECISIONS) return;
  wasTold = true;
  const found = await agreement().catch(() => null);
  if (found?.is_told) notice(`${agreementInWords(found)} It stands under “Write out”.`);
}

const QUICK_MS = 700, SLOW_MS = 3000;
onChange((changed) => {
  if (changed.has("progress")) { showScoring(); showJob(store.job); }
  if (changed.has("decisions")) tellAgreement();
  if (changed.size === 1 && changed.has("progress")) return;
  refilter();
  if (panelIsOpen()) showPanel(here.filter);
  show();
});

async function hear() {
  await listen();
  if (byId("problem").dataset.ended) { delete byId("problem").dataset.ended; complain(""); }
}

async function hearAlways() {
  for (;;) {
    try { await hear(); } catch (error) {
      complain(error.message);
      byId("problem").dataset.ended = "yes";
    }
    document.documentElement.dataset.heard = "yes";
    const isBusy = ["running", "starting"].includes(store.scoring.phase) || jobIsRunning() || document.querySelector("#write[open]");
    await new Promise((resolve) => setTimeout(resolve, isBusy ? QUICK_MS : SLOW_MS));
  }
}

whenShown(showCounts);
makePanel(setFilter, () => setFilter({ ...DEFAULTS }));
makeWriting(() => list, complain);
try {
  await begin();
  document.title = `${store.title} – aesmap review`;
  byId("title").textContent = store.title;
  const { elsewhere, note, outside } = store.facts;
  const notes = [
    store.readOnly && `Read-only: ${store.readOnly}.`, note,
    outside && `${count(outside, "file")} left out, as links lead out of this folder.`,
    elsewhere && `${count(elsewhere, "decision")} on photographs that are not here any more are kept.`,
  ].filter(Boolean);
  if (notes.length) complain(notes.join(" "));
  recall();
  byId("sheet").focus({ preventScroll: true });
  document.documentElement.dataset.ready = "yes";
  hearAlways();
} catch (error) {
  complain(error.message);
}
