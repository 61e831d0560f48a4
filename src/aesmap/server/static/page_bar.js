// What is done with all photographs of the page: sort, compare, remove, take away, see how far it has come.
import { count, make } from "./elements.js";
import { Compare } from "./page_compare.js";
import { cropsOf } from "./page_crops.js";
import { Progress } from "./page_progress.js";
import { SORTS } from "./page_queue.js";
import { save } from "./page_service.js";
import { tableOf } from "./page_table.js";

const byId = (id) => document.getElementById(id);
const isDone = (item) => item.state === "done";
const megabytes = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

export class Bar {
  /** `does` has what the page does: remove(item), bringBack(item), clear(), sorted(); current() and aspect() say what is in view. */
  constructor(queue, offered, does) {
    Object.assign(this, { queue, offered, does, sort: "added", cutting: null });
    this.compare = new Compare(byId("compare"), queue);
    this.judging = new Progress(byId("judging"), "Looked at", () => (queue.isStopped ? queue.goOn() : queue.stop(), this.show()));
    this.cropping = new Progress(byId("cropping"), "Crops", () => this.cutting?.abort());
    byId("sort").append(...Object.entries(SORTS).map(([value, [textContent]]) => make("option", "", { value, textContent })));
    byId("crops-aspect").append(...offered.aspects.map((name) => make("option", "", { value: name, textContent: name })));
    this.#listen();
  }

  /** Show what there is now. */
  show() {
    const { items, progress } = this.queue, done = items.filter(isDone).length;
    byId("bar").hidden = byId("kept").hidden = items.length === 0;
    byId("sorting").hidden = items.length < 2;
    byId("open-compare").disabled = !this.#comparable;
    byId("save-table").disabled = progress.done === 0;
    byId("save-crops").disabled = done === 0 || this.cutting !== null;
    if (items.length > 1 && progress.done < progress.total) this.judging.show(progress.done, progress.total, progress.isStopped ? "Go on" : "Stop");
    else this.judging.hide();
    const kept = items.filter(({ key }) => key !== null);
    const size = megabytes(kept.reduce((sum, { file }) => sum + file.size, 0));
    const many = kept.length === items.length ? count(kept.length, "photograph") : `${kept.length} of ${count(items.length, "photograph")}`;
    byId("kept-words").textContent = kept.length ? `This browser keeps ${many} here, ${size}, until you clear the page.` : "";
  }

  /** Say something of interest, with something that can be done about it: [label, what]. */
  notice(words, action = null) {
    const line = byId("notice");
    line.hidden = !words;
    line.replaceChildren(make("span", "", { textContent: words }));
    if (!words) return;
    const add = (label, press) => {
      const button = make("button", "small", { type: "button", textContent: label });
      button.addEventListener("click", () => { this.notice(""); press(); });
      line.append(button);
    };
    if (action) add(...action);
    add("Close", () => {});
  }

  /** Remove the photo in view; it can be had back as long as the notice stands. */
  remove() {
    const item = this.does.current();
    this.does.remove(item);
    this.notice(`${item.file.name} is removed from the page; the file itself stays where it is.`, ["Undo", () => this.does.bringBack(item)]);
  }

  get #comparable() {
    const current = this.does.current();
    return current !== null && isDone(current);
  }

  #openCompare() {
    const items = this.queue.sorted(this.sort).filter(isDone), current = this.does.current(), aspect = this.does.aspect();
    const other = items[items.indexOf(current) + 1] ?? items[items.indexOf(current) - 1];
    if (aspect !== null) this.compare.open(items, current, current, aspect);
    else if (other) this.compare.open(items, current, other);
    else this.compare.open(items, current, current, this.offered.aspects[0]);
  }

  #saveTable() {
    const all = this.queue.sorted(this.sort), said = all.filter(({ state }) => state === "done" || state === "failed");
    save(new Blob([tableOf(said, this.offered)], { type: "text/csv" }), "aesmap-scores.csv");
    if (said.length < all.length) this.notice(`The table has the ${said.length} photographs that have been looked at; ${all.length - said.length} are left out.`);
  }

  async #saveCrops(aspect) {
    const items = this.queue.sorted(this.sort).filter(isDone);
    const { signal } = (this.cutting = new AbortController());
    this.show();
    try {
      const { blob, number, problems } = await cropsOf(items, aspect, signal, (done) => this.cropping.show(done, items.length));
      if (blob !== null && !signal.aborted) save(blob, `aesmap-crops-${aspect.replace(":", "x")}.zip`);
      const [first] = problems;
      if (signal.aborted) this.notice("Stopped: no crops were saved.");
      else if (first) this.notice(`${count(number, "crop")} saved; ${problems.length} could not be made: ${first[0]}: ${first[1]}`);
    } catch (problem) {
      this.notice(problem.message);
    }
    this.cutting = null;
    this.cropping.hide();
    this.show();
  }

  #listen() {
    byId("sort").addEventListener("change", (event) => { this.sort = event.target.value; this.does.sorted(); });
    byId("open-compare").addEventListener("click", () => this.#openCompare());
    byId("remove").addEventListener("click", () => this.remove());
    byId("save-table").addEventListener("click", () => this.#saveTable());
    byId("save-crops").addEventListener("click", () => {
      const items = this.queue.items.filter(isDone);
      byId("crops-many").textContent = count(items.length, "photograph");
      byId("crops-aspect").value = this.does.aspect() ?? this.offered.aspects[0];
      byId("crops-dialog").returnValue = "";
      byId("crops-dialog").showModal();
    });
    byId("crops-dialog").addEventListener("close", () => {
      if (byId("crops-dialog").returnValue === "save") this.#saveCrops(byId("crops-aspect").value);
    });
    byId("clear").addEventListener("click", () => {
      byId("clear-many").textContent = count(this.queue.items.length, "photograph");
      byId("clear-dialog").returnValue = "";
      byId("clear-dialog").showModal();
    });
    byId("clear-dialog").addEventListener("close", () => {
      if (byId("clear-dialog").returnValue !== "clear") return;
      this.notice("");
      this.does.clear();
    });
  }
}
