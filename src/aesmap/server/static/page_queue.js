// The photographs given to the page: each is looked at in turn, the one in view first.
import { send } from "./page_service.js";

export const SORTS = {
  added: ["as added", (item) => item.id],
  score: ["by score", (item) => -(item.answer?.score ?? -Infinity)],
  technical: ["by technical score", (item) => -(item.answer?.technical ?? -Infinity)],
  name: ["by name", null],
};
const USELESS = new Set(["gone", "shutting_down", "unauthorised"]); // to ask the same of others at once
const byName = new Intl.Collator(undefined, { numeric: true }).compare;

export class Queue {
  /** `changed` is called with a photo, and "crops" where that is what is new, whenever more is known of it. */
  constructor(aspects, changed) {
    Object.assign(this, { aspects, changed, items: [], doing: null, wanted: null, isStopped: false, nextId: 1 });
  }

  /** Put photographs in: files, or what a shelf kept of them, { file, key, said }. */
  add(kept) {
    const items = kept.map(({ file, key = null, said = null }) => ({
      id: this.nextId++, file, key, url: URL.createObjectURL(file), state: said ? "done" : "waiting", note: "",
      answer: said?.answer ?? null, crops: said?.crops ?? null, frames: said?.frames ?? {},
      problem: null, cropProblem: null, asking: null,
    }));
    this.items.push(...items);
    return items;
  }

  remove(item) {
    this.items = this.items.filter((other) => other !== item);
    if (this.wanted === item) this.wanted = null;
    if (this.doing?.item === item) this.doing.stopping.abort();
    URL.revokeObjectURL(item.url);
  }

  /** Put one back that was removed, in its old place. */
  bringBack(item) {
    Object.assign(item, { url: URL.createObjectURL(item.file), state: item.state === "looking" ? "waiting" : item.state });
    this.items.push(item);
  }

  sorted(sort) {
    const items = [...this.items], value = SORTS[sort][1];
    return items.sort(value === null ? (a, b) => byName(a.file.name, b.file.name) || a.id - b.id : (a, b) => value(a) - value(b) || a.id - b.id);
  }

  /** How far it has come: { done, total, isStopped }. */
  get progress() {
    const done = this.items.filter(({ state }) => state === "done" || state === "failed").length;
    return { done, total: this.items.length, isStopped: this.isStopped };
  }

  /** Look at this one before all others, even where the others have been stopped. */
  want(item) {
    this.wanted = item;
    this.run();
  }

  again(item) {
    Object.assign(item, { state: "waiting", problem: null });
    this.changed(item);
    this.want(item);
  }

  stop() {
    this.isStopped = true;
    if (this.wanted?.state !== "done") this.wanted = null;
    if (this.doing?.item.state === "looking") this.doing.stopping.abort();
    for (const item of this.items) if (item.state === "waiting") this.changed(item);
  }

  /** Go on with those that wait, and with those that failed for a reason that may have passed. */
  goOn() {
    this.isStopped = false;
    for (const item of this.items) if (item.state === "failed" && item.problem.passes) {
      Object.assign(item, { state: "waiting", problem: null });
      this.changed(item);
    }
    this.run();
  }

  async run() {
    if (this.doing !== null) return;
    for (let item; (item = this.#next()); ) {
      this.doing = { item, stopping: new AbortController() };
      await (item.state === "waiting" ? this.#look(item, this.doing.stopping.signal) : this.cropsOf(item).catch(() => {}));
    }
    this.doing = null;
  }

  // Maps before crops: of the photo in view, then of the others; crops of those not in view can wait.
  #next() {
    const { wanted, items } = this;
    if (wanted?.state === "waiting") return wanted;
    if (wanted?.state === "done" && wanted.crops === null && wanted.asking === null) return wanted;
    return this.isStopped ? undefined : items.find((item) => item.state === "waiting");
  }

  async #look(item, signal) {
    item.state = "looking";
    this.changed(item);
    try {
      const response = await send("v1/assess?maps=true", item.file, { signal, waiting: (s) => this.#wait(item, s) });
      item.answer = await response.json();
      item.state = "done";
    } catch (problem) {
      Object.assign(item, signal.aborted ? { state: "waiting" } : { state: "failed", problem });
      if (!signal.aborted && USELESS.has(problem.code)) this.isStopped = true;
    }
    item.note = "";
    this.changed(item);
  }

  /** The crops that the service proposes for a photo, asked for once. Raises Problem. */
  cropsOf(item) {
    if (item.crops !== null) return Promise.resolve(item.crops);
    item.asking ??= this.#propose(item);
    return item.asking;
  }

  async #propose(item) {
    try {
      const query = new URLSearchParams({ crops: this.aspects.join(",") });
      item.crops = (await (await send(`v1/assess?${query}`, item.file)).json()).crops;
      return item.crops;
    } catch (problem) {
      item.cropProblem = problem;
      throw problem;
    } finally {
      this.changed(item, "crops");
    }
  }

  #wait(item, seconds) {
    item.note = `The service is busy; it is asked again in ${seconds} s.`;
    this.changed(item);
  }
}
