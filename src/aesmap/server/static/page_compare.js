// Two photographs side by side, or a photograph and its crop: they zoom and move together.
import { make } from "./elements.js";
import { boxOf, judged } from "./page_cropping.js";
import { afterInWords, inShort } from "./page_facts.js";
import { shownUrl } from "./page_shown.js";
import { ZoomPane } from "./pane.js";

const WHOLE = "whole";
const PAN_PX = 60;
const LEAST_ZOOM = 2;

/** One side: a photo, or the part of it in a box. */
class Side extends ZoomPane {
  constructor(view, onView) {
    super(view, onView);
    Object.assign(this, { item: null, box: null });
    this.element.tabIndex = 0;
    this.element.setAttribute("role", "group");
    this.image = make("img", "", { alt: "", draggable: false });
    this.picture.append(this.image);
    this.element.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (!by || !this.view.zoom) return;
      event.preventDefault();
      this.pan(PAN_PX * by[0], PAN_PX * by[1]);
    });
  }

  get pixels() { return this.box[2] - this.box[0]; }

  get leastZoom() { return LEAST_ZOOM; }

  // The view's point is one of the whole photo, so that a crop shows the same place as the photo.
  inPicture({ x, y }) {
    const [left, top, right, bottom] = this.box, [width, height] = this.size;
    return { x: (x * width - left) / (right - left), y: (y * height - top) / (bottom - top) };
  }

  ofPicture({ x, y }) {
    const [left, top, right, bottom] = this.box, [width, height] = this.size;
    return { x: (left + x * (right - left)) / width, y: (top + y * (bottom - top)) / height };
  }

  async show(item, box) {
    const isSame = this.item === item;
    const size = [item.answer.width, item.answer.height];
    const [left, top, right, bottom] = box ?? [0, 0, ...size];
    Object.assign(this, { item, size, box: [left, top, right, bottom], ratio: (right - left) / (bottom - top) });
    const [width, height] = [right - left, bottom - top];
    Object.assign(this.image.style, {
      width: `${(100 * size[0]) / width}%`, height: `${(100 * size[1]) / height}%`,
      left: `${(-100 * left) / width}%`, top: `${(-100 * top) / height}%`,
    });
    this.element.setAttribute("aria-label", `${item.file.name}${box ? ", a crop" : ""}: Enter zooms, arrows move what is enlarged`);
    this.draw();
    if (isSame) return;
    this.image.removeAttribute("src");
    const url = await shownUrl(item).catch(() => null);
    if (url !== null && this.item === item) this.image.src = url;
  }
}

export class Compare {
  /** In a dialog; `queue` finds crops. */
  constructor(dialog, queue) {
    Object.assign(this, { dialog, queue, items: [], view: { zoom: null } });
    this.sides = [0, 1].map((number) => this.#makeSide(number));
    dialog.querySelector("#compared").replaceChildren(...this.sides.map(({ figure }) => figure));
    this.zoomButton = dialog.querySelector("[data-act='zoom']");
    this.zoomButton.addEventListener("click", () => this.sides[0].pane.toggleZoom());
    dialog.querySelector("[data-act='close']").addEventListener("click", () => dialog.close());
    dialog.addEventListener("keydown", (event) => this.#key(event));
    dialog.addEventListener("close", () => { this.items = []; });
  }

  /** Begin: the photo `left`, beside the photo `right`, or beside its own crop of an aspect. */
  open(items, left, right, aspect = WHOLE) {
    this.items = items;
    this.view.zoom = null;
    this.dialog.showModal();
    for (const { photo } of this.sides) photo.replaceChildren(...items.map((item) => make("option", "", { value: item.id, textContent: item.file.name })));
    const parts = [[WHOLE, "whole photograph"], ...this.queue.aspects.map((name) => [name, `its crop, ${name}`])];
    for (const { part } of this.sides) part.replaceChildren(...parts.map(([value, textContent]) => make("option", "", { value, textContent })));
    [[left, WHOLE], [right, aspect]].forEach(([item, value], number) => {
      const side = this.sides[number];
      side.photo.value = item.id;
      side.part.value = value;
      this.#show(side);
    });
    this.#draw();
    this.zoomButton.focus();
  }

  #makeSide(number) {
    const pane = new Side(this.view, () => this.#draw());
    const figure = make("figure"), caption = make("figcaption");
    const photo = make("select"), part = make("select"), said = make("p");
    photo.setAttribute("aria-label", `Photograph on the ${number ? "right" : "left"}`);
    part.setAttribute("aria-label", `What of it is on the ${number ? "right" : "left"}`);
    said.setAttribute("aria-live", "polite");
    const side = { pane, figure, photo, part, said, asking: null };
    for (const choice of [photo, part]) choice.addEventListener("change", () => this.#show(side));
    caption.append(photo, part, said);
    figure.append(pane.element, caption);
    return side;
  }

  async #show(side) {
    const item = this.items.find(({ id }) => id === Number(side.photo.value)), aspect = side.part.value;
    const asking = (side.asking = new AbortController());
    const isOver = () => side.asking !== asking || !this.dialog.open;
    if (aspect === WHOLE) {
      side.said.textContent = inShort(item);
      await side.pane.show(item, null);
      return;
    }
    side.said.textContent = "Looking for the crop.";
    try {
      const crops = await this.queue.cropsOf(item);
      if (isOver()) return;
      const box = boxOf(item, aspect);
      side.pane.show(item, box);
      const say = (after) => { side.said.textContent = `${box[2] - box[0]} × ${box[3] - box[1]} · ${afterInWords(after)} by itself, whole ${afterInWords(item.answer.p_high)}`; };
      if (!item.frames[aspect]) say(crops.find((crop) => crop.aspect === aspect).p_high_after);
      else {
        say(undefined);
        const { after } = await judged(item, box, asking.signal);
        if (!isOver()) say(after);
      }
    } catch (problem) {
      if (!isOver()) side.said.textContent = problem.message;
    }
  }

  #draw() {
    for (const { pane } of this.sides) if (pane.item) pane.draw();
    this.zoomButton.setAttribute("aria-pressed", String(this.view.zoom !== null));
  }

  #key(event) {
    if (event.target.closest("select")) return;
    const hovered = this.sides.find(({ pane }) => pane.pointer)?.pane ?? this.sides[0].pane;
    const focused = this.sides.find(({ pane }) => pane.element === event.target)?.pane;
    if (event.key === " " && !event.target.closest("button")) (focused ?? hovered).toggleZoom();
    else if (event.key === "Enter" && focused) focused.toggleZoom();
    else if (!event.defaultPrevented && !focused && ["ArrowLeft", "ArrowRight"].includes(event.key)) this.#step(event.key === "ArrowRight" ? 1 : -1);
    else return;
    event.preventDefault();
  }

  // Another photograph on the right, past the one on the left.
  #step(by) {
    const [left, right] = this.sides.map(({ photo }) => photo);
    const at = [...right.options].findIndex(({ value }) => value === right.value), others = this.items.length;
    let to = (at + by + others) % others;
    if (right.options[to].value === left.value) to = (to + by + others) % others;
    right.value = right.options[to].value;
    this.#show(this.sides[1]);
  }
}
