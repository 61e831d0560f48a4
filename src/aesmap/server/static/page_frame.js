// A crop frame on the stage: moved and resized by pointer or keys, of a kept ratio unless free.
import { make } from "./elements.js";

const LEAST_PX = 16; // sides of a crop, in pixels of the photo
const CORNERS = ["nw", "ne", "sw", "se"];

/**
 * The box [left, top, right, bottom] of whole pixels nearest to one wanted: inside a photo of
 * `size` = [width, height], of `ratio` where that is not null, `anchor`ed at its corner opposite
 * the one that is dragged ("se" drags right and bottom), or moved as a whole where that is null.
 */
export function fit([left, top, right, bottom], [width, height], ratio, corner = null) {
  if (corner === null) {
    const [w, h] = [Math.round(right - left), Math.round(bottom - top)];
    const x = Math.round(Math.min(Math.max(left, 0), width - w)), y = Math.round(Math.min(Math.max(top, 0), height - h));
    return [x, y, x + w, y + h];
  }
  const east = corner.includes("e"), south = corner.includes("s");
  const roomX = east ? width - left : right, roomY = south ? height - top : bottom;
  let w = Math.min(Math.max(right - left, LEAST_PX), roomX), h = Math.min(Math.max(bottom - top, LEAST_PX), roomY);
  if (ratio !== null) {
    // Halfway between the two wishes, as far as there is room.
    w = Math.min(Math.max((w + h * ratio) / 2, LEAST_PX, LEAST_PX * ratio), roomX, roomY * ratio);
    h = w / ratio;
  }
  [w, h] = [Math.max(1, Math.round(w)), Math.max(1, Math.round(h))];
  const [x, y] = [east ? left : right - w, south ? top : bottom - h];
  return [x, y, x + w, y + h];
}

export class CropFrame {
  /** In the element `stage`, over a photo of `size`; `changed` is told the box. */
  constructor(stage, size, changed) {
    Object.assign(this, { stage, size, changed, ratio: null, box: null });
    this.mark = make("div", "crop framed", { tabIndex: 0, hidden: true });
    this.mark.setAttribute("role", "group");
    for (const corner of CORNERS) {
      const handle = make("span", `handle ${corner}`);
      handle.dataset.corner = corner;
      this.mark.append(handle);
    }
    stage.append(this.mark);
    this.#listen();
  }

  hide() { this.mark.hidden = true; this.box = null; }

  /** Show a box; it keeps `ratio`, width over height, unless that is null. */
  show(box, ratio) {
    this.mark.hidden = false;
    this.ratio = ratio;
    this.#set(box, false);
  }

  #set(box, tell = true) {
    this.box = box;
    const [left, top, right, bottom] = box, [width, height] = this.size;
    Object.assign(this.mark.style, {
      left: `${(100 * left) / width}%`, top: `${(100 * top) / height}%`,
      width: `${(100 * (right - left)) / width}%`, height: `${(100 * (bottom - top)) / height}%`,
    });
    this.mark.setAttribute("aria-label", `Crop frame, ${right - left} by ${bottom - top} pixels at ${left}, ${top}. `
      + "Arrow keys move it, plus and minus resize it, shift goes further");
    if (tell) this.changed(box);
  }

  #listen() {
    let drag = null;
    this.mark.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      const corner = event.target.dataset.corner ?? null;
      drag = { x: event.clientX, y: event.clientY, box: this.box, corner };
      this.mark.setPointerCapture(event.pointerId);
      this.mark.focus();
      event.preventDefault();
      event.stopPropagation();
    });
    this.mark.addEventListener("pointermove", (event) => {
      if (drag === null) return;
      event.stopPropagation();
      const scale = this.size[0] / this.stage.clientWidth;
      const dx = (event.clientX - drag.x) * scale, dy = (event.clientY - drag.y) * scale;
      const [left, top, right, bottom] = drag.box, corner = drag.corner;
      const wanted = corner === null
        ? [left + dx, top + dy, right + dx, bottom + dy]
        : [left + (corner.includes("w") ? dx : 0), top + (corner.includes("n") ? dy : 0),
           right + (corner.includes("e") ? dx : 0), bottom + (corner.includes("s") ? dy : 0)];
      this.#set(fit(wanted, this.size, this.ratio, corner));
    });
    const end = () => { drag = null; };
    this.mark.addEventListener("pointerup", end);
    this.mark.addEventListener("pointercancel", end);
    this.mark.addEventListener("keydown", (event) => {
      const step = Math.max(1, Math.round(Math.max(...this.size) * (event.shiftKey ? 0.05 : 0.01)));
      const [left, top, right, bottom] = this.box;
      const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
      const grow = { "+": step, "=": step, "-": -step, _: -step }[event.key];
      if (by) this.#set(fit([left + by[0], top + by[1], right + by[0], bottom + by[1]], this.size, this.ratio));
      else if (grow && this.ratio === null) this.#set(fit([left, top, right + grow, bottom + grow], this.size, null, "se"));
      else if (grow) this.#set(fit([left, top, right + grow, bottom + grow / this.ratio], this.size, this.ratio, "se"));
      else return;
      event.preventDefault();
    });
  }
}
