// The photographs given to the page: each is looked at in turn, the one in view first.
import { send } from "./page_service.js";
import { ASPECTS } from "./page_facts.js";

export class Queue {
  /** `changed` is called with a photo whenever more is known of it. */
  constructor(changed) {
    Object.assign(this, { changed, items: [], busy: false, first: null, nextId: 1 });
  }

  add(files) {
    const items = [...files].map((file) => ({
      id: this.nextId++, file, url: URL.createObjectURL(file), state: "waiting", note: "",
      answer: null, crops: null, problem: null,
    }));
    this.items.push(...items);
    return items;
  }

  again(item) {
    Object.assign(item, { state: "waiting", problem: null });
    this.changed(item);
    this.run();
  }

  async run() {
    if (this.busy) return;
    this.busy = true;
    for (let item; (item = this.#next()); ) await (item.state === "waiting" ? this.#look(item) : this.#frame(item));
    this.busy = false;
  }

  // Maps before crops: of the photo in view, then of the others; crops of those not in view can wait.
  #next() {
    const { first, items } = this;
    const wantsCrops = (item) => item?.state === "done" && item.crops === null && !item.framed;
    if (first?.state === "waiting") return first;
    if (wantsCrops(first)) return first;
    return items.find((item) => item.state === "waiting");
  }

  async #look(item) {
    item.state = "looking";
    this.changed(item);
    try {
      const response = await send("v1/assess?maps=true", item.file, { waiting: (s) => this.#wait(item, s) });
      item.answer = await response.json();
      item.state = "done";
    } catch (problem) {
      Object.assign(item, { state: "failed", problem });
    }
    item.note = "";
    this.changed(item);
  }

  async #frame(item) {
    item.framed = true; // asked once
    try {
      const query = new URLSearchParams({ crops: ASPECTS.join(",") });
      item.crops = (await (await send(`v1/assess?${query}`, item.file)).json()).crops;
    } catch (problem) {
      item.cropProblem = problem;
    }
    this.changed(item, "crops");
  }

  #wait(item, seconds) {
    item.note = `The service is busy; it is asked again in ${seconds} s.`;
    this.changed(item);
  }
}
