// Crops of the photo in view: the proposals, a frame that can be moved, and what a crop changes.
import { make } from "./elements.js";
import { aboutCrop } from "./page_facts.js";
import { CropFrame } from "./page_frame.js";
import { send } from "./page_service.js";

const JUDGE_AFTER_MS = 250; // without a move of the frame
const byId = (id) => document.getElementById(id);
const aspectButtons = () => document.querySelectorAll("[data-aspect]");

/** What the service says of a box: { after, words }; `after` is null where it is too small. Raises Problem. */
export async function judged(item, box, signal) {
  const response = await send(`v1/crop?box=${box.join(",")}&format=json`, item.file, { signal });
  const { p_high_after: after, words } = await response.json();
  return { after, words };
}

/** The box of an aspect as it was left, or as it is proposed; null where that is not known yet. */
export function boxOf(item, aspect) {
  return item.frames[aspect] ?? item.crops?.find((crop) => crop.aspect === aspect)?.box ?? null;
}

export class Cropping {
  /** `setView` shows a map or the photo alone; `framed` is called with a photo whose frame has moved. */
  constructor(setView, framed) {
    Object.assign(this, { setView, framed, item: null, stage: null, frame: null, aspect: null, judging: null, timer: 0, isMoved: false });
  }

  /** The box that is framed, or null. */
  get box() { return this.frame?.box ?? null; }

  /** Crop this photo from now on, on this stage, once its assessment is there. */
  open(item, stage) {
    Object.assign(this, { item, stage, aspect: null });
    this.frame = new CropFrame(stage.frame, [item.answer.width, item.answer.height], (box) => this.#moved(box));
    this.offer();
  }

  close() {
    this.#stopJudging();
    if (this.isMoved) this.framed(this.item);
    Object.assign(this, { item: null, stage: null, frame: null, aspect: null, isMoved: false });
  }

  /** Let crops be chosen as soon as they are there, or say why there are none. */
  offer() {
    if (this.item === null) return;
    for (const button of aspectButtons()) button.disabled = this.item.crops === null;
    const { cropProblem } = this.item;
    if (cropProblem) byId("about-crop").replaceChildren(make("p", "problem", { textContent: cropProblem.message }));
  }

  /** Frame the crop of an aspect; the same again takes the frame away. */
  press(aspect) {
    const isOff = this.aspect === aspect;
    const wasCropping = this.aspect !== null;
    this.aspect = isOff ? null : aspect;
    for (const button of aspectButtons()) button.setAttribute("aria-pressed", String(button.dataset.aspect === this.aspect));
    this.#stopJudging();
    document.querySelector(".crop-row").hidden = isOff;
    this.stage.whole = !isOff; // a divider would be in the frame's way
    this.stage.frame.classList.toggle("cropping", !isOff);
    if (isOff || !wasCropping) this.setView(isOff ? "evidence" : "photo");
    if (isOff) {
      this.frame.hide();
      byId("about-crop").replaceChildren();
    } else this.#show();
  }

  /** Put the frame back where the service proposes it. */
  restore() {
    delete this.item.frames[this.aspect];
    this.framed(this.item);
    this.#show();
  }

  #show() {
    const { item, aspect } = this;
    const proposal = item.crops.find((crop) => crop.aspect === aspect);
    const left = item.frames[aspect], [x, y, right, bottom] = proposal.box;
    this.#offerBack();
    this.frame.show(left ?? proposal.box, aspect === "free" ? null : (right - x) / (bottom - y));
    if (left) this.#judge(left);
    else this.#tell(proposal.box, proposal.p_high_after, proposal.words);
  }

  /** Say what the photo would be without what is framed: by its map, and by the model. */
  async without() {
    const { item, box } = this;
    let lines;
    try {
      const response = await send(`v1/without?box=${box.join(",")}`, item.file);
      lines = (await response.json()).words.split("\n").map((line) => `${line[0].toUpperCase()}${line.slice(1)}.`);
    } catch (problem) { lines = [problem.message]; }
    if (item !== this.item || String(box) !== String(this.box)) return;
    byId("about-crop").querySelector(".without")?.remove();
    const told = make("div", "without quiet");
    told.append(...lines.map((line) => make("p", "", { textContent: line })));
    byId("about-crop").append(told);
  }

  #offerBack() { document.querySelector("[data-act='proposed']").hidden = !(this.aspect in this.item.frames); }

  #tell(box, after, told) { byId("about-crop").replaceChildren(...aboutCrop(box, this.item.answer.p_high, after, told)); }

  #stopJudging() {
    clearTimeout(this.timer);
    this.judging?.abort();
  }

  #moved(box) {
    this.item.frames[this.aspect] = box;
    this.isMoved = true;
    this.#offerBack();
    this.#judge(box);
  }

  #judge(box) {
    const { item } = this;
    this.#stopJudging();
    this.#tell(box, undefined);
    this.timer = setTimeout(async () => {
      const judging = (this.judging = new AbortController());
      this.isMoved = false;
      this.framed(item);
      try {
        const { after, words } = await judged(item, box, judging.signal);
        if (!judging.signal.aborted && item === this.item) this.#tell(box, after, words);
      } catch (problem) {
        if (!judging.signal.aborted && item === this.item) this.#tell(box, null, problem.message);
      }
    }, JUDGE_AFTER_MS);
  }
}
