// Writing out: XMP after a look at what it would change, lists, tables, copies.
import { count, make } from "./elements.js";
import * as api from "./review_api.js";
import { agreementInWords as inWords } from "./review_words.js";
import { decisionOf, isDecided, store } from "./review_store.js";

const dialog = document.getElementById("write");
let numberOfJob = null, isAsking = false;

const SETS = {
  picks: ["Picks", (photo) => decisionOf(photo).flag === "pick"],
  ...Object.fromEntries([5, 4, 3, 2, 1].map((n) => [`stars${n}`, [`${"★".repeat(n)}${n < 5 ? " or more" : ""}`, (photo) => decisionOf(photo).stars >= n && decisionOf(photo).flag !== "reject"]])),
  decided: ["Everything decided", isDecided],
  rejects: ["Rejects", (photo) => decisionOf(photo).flag === "reject"],
};

/** Make the dialog; `shown()` gives the photographs that the filter lets through. */
export function makeWriting(shown, onProblem) {
  const byId = (id) => dialog.querySelector(`#${id}`);
  byId("set").append(...[...Object.entries(SETS).map(([value, [label]]) => new Option(label, value)), new Option("What the filter shows", "shown")]);
  const chosenIds = () => {
    const set = byId("set").value;
    return (set === "shown" ? shown() : store.photos.filter(SETS[set][1])).map((photo) => photo.id);
  };
  const jobs = {
    dry: () => api.xmp({ ...xmpRequest(), dry_run: true }),
    write: () => api.xmp({ ...xmpRequest(), dry_run: false }),
    undo: () => api.xmp({ ...xmpRequest(), dry_run: false, undo: true }),
    copy: () => api.copy(chosenIds(), byId("folder").value),
  };
  const xmpRequest = () => ({ where: byId("where").value, naming: byId("naming").value, overwrite: byId("overwrite").checked });
  dialog.addEventListener("click", async (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if ("close" in button.dataset) { dialog.close(); return; }
    byId("outcome").textContent = "";
    try {
      if (button.dataset.list) await save(chosenIds(), button.dataset.list, byId("set").value);
      if (button.dataset.job) {
        isAsking = true;
        const { job } = await jobs[button.dataset.job]();
        numberOfJob = job.number;
        showJob(job);
      }
    } catch (error) {
      byId("outcome").textContent = error.message;
      if (error.status === 0) onProblem(error.message);
    } finally {
      isAsking = false;
    }
  });
}

async function save(ids, format, set) {
  if (!ids.length) { dialog.querySelector("#outcome").textContent = "There is none of these."; return; }
  const link = make("a", "", { href: URL.createObjectURL(await api.listed(ids, format)), download: `${set}.${format === "csv" ? "csv" : "txt"}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  dialog.querySelector("#outcome").textContent = `${count(ids.length, "photograph")} in ${link.download}.`;
}

const VERBS = { write: "changed", "dry run": "would change", "take back": "restored", copy: "copied" };

/** Say how far the job is that was begun here. */
export function showJob(job) {
  if (!job || job.number !== numberOfJob || (isAsking && job.finished)) return;
  const failed = job.failed ? `, ${job.failed.toLocaleString("en")} failed` : "";
  const rest = job.finished ? "." : ` … ${job.done} of ${job.total}`;
  dialog.querySelector("#outcome").textContent = `${count(job.changed, "file")} ${VERBS[job.name] ?? "done"}${failed}${rest}`;
  const lines = dialog.querySelector("#lines");
  lines.hidden = !job.lines.length;
  lines.textContent = job.lines.join("\n");
  dialog.querySelectorAll("[data-job]").forEach((button) => { button.disabled = !job.finished; });
}

export const jobIsRunning = () => Boolean(store.job && !store.job.finished);

export async function openWriting() {
  dialog.showModal();
  const line = dialog.querySelector("#agreement");
  const found = await api.agreement().catch(() => null);
  line.hidden = !found?.is_told;
  if (found?.is_told) line.textContent = inWords(found);
}
