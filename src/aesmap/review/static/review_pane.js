// One photograph in a pane: whole or at 100 %, with a map over it or without.
import { make } from "./elements.js";
import { colours, decodeMap, drawMap } from "./maps.js";
import * as api from "./review_api.js";

const PAINTED_PX = 480; // the longer side of a map that lies over a photograph at 100 %
const SWIPE_PX = 50;
const details = new Map(); // the last few, by address

/** What is said of a photograph at length; null as long as it is not scored. */
export async function detailOf(photo) {
  const key = `${photo.id} ${photo.version}`;
  if (!details.has(key)) {
    const found = await api.detail(photo.id);
    if (found === null) return null;
    details.set(key, found);
    if (details.size > 60) details.delete(details.keys().next().value);
  }
  return details.get(key);
}

/** The map that a kind names, "evidence", "technical" or "attribute:0", with the way to paint it. */
export function mapOf(detail, kind) {
  if (!detail || !kind) return null;
  const decode = (cells) => decodeMap(cells, ...detail.shape);
  if (kind === "evidence") return detail.evidence && { map: decode(detail.evidence), kind };
  if (kind === "technical") return detail.technicalMap && { map: decode(detail.technicalMap), kind: "evidence" };
  const attribute = detail.attributes[Number(kind.split(":")[1])];
  return attribute ? { map: decode(attribute.map), kind: "attribute" } : null;
}

/**
 * A pane that shows a photograph. `view` is shared by all panes that move together: `zoom` is null
 * for the whole photograph, or the point of it, from 0 to 1, that is in the middle at 100 %;
 * `kind` is the map. Call `draw` when it has changed.
 */
export class Pane {
  constructor(view, onView, onSwipe = () => {}) {
    this.view = view;
    this.onView = onView;
    this.onSwipe = onSwipe;
    this.element = make("div", "pane");
    this.picture = make("div", "picture");
    this.element.append(this.picture);
    this.photo = null;
    this.pointer = null;
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.#listen();
  }

  show(photo) {
    const isSame = this.photo?.id === photo.id && this.photo.version === photo.version && this.photo.problem === photo.problem;
    const wasScored = this.photo?.score !== undefined;
    this.photo = photo;
    if (!isSame) {
      this.images = {};
      this.ratio = photo.width ? photo.width / photo.height : null;
      this.picture.replaceChildren();
      if (photo.problem) this.picture.removeAttribute("style");
      this.picture.setAttribute("role", "img");
      this.picture.setAttribute("aria-label", photo.name);
      if (photo.problem) this.picture.append(make("p", "bad", { textContent: photo.problem }));
      else this.#load("thumbnail").then(() => this.#load("preview"));
    }
    if (!isSame || !wasScored) this.detail = null;
    this.draw();
  }

  async #load(kind) {
    const photo = this.photo;
    if (this.images[kind] !== undefined) return;
    this.images[kind] = null;
    const image = make("img", "", { alt: "", draggable: false });
    image.src = api.pictureOf(photo, kind);
    try { await image.decode(); } catch { return; }
    if (this.photo !== photo && (this.photo.id !== photo.id || this.photo.version !== photo.version)) return;
    this.images[kind] = image;
    this.ratio ??= image.naturalWidth / image.naturalHeight;
    if (kind === "full") this.width = image.naturalWidth;
    this.draw();
  }

  /** The best picture that is there. */
  get #best() {
    const { full, preview, thumbnail } = this.images ?? {};
    return full || preview || thumbnail || null;
  }

  draw() {
    const room = { width: this.element.clientWidth, height: this.element.clientHeight };
    if (!this.photo || this.photo.problem || !room.width || !this.ratio) return;
    if (this.view.zoom) this.#load("full");
    const { width, height, left, top } = this.#place(room);
    Object.assign(this.picture.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px)` });
    this.element.classList.toggle("zoomed", Boolean(this.view.zoom));
    const best = this.#best;
    const current = this.picture.querySelector("img");
    if (best && current !== best) { current?.remove(); this.picture.prepend(best); }
    this.#drawMap(best);
  }

  #place(room) {
    if (!this.view.zoom) {
      const width = Math.min(room.width, room.height * this.ratio), height = width / this.ratio;
      return { width, height, left: (room.width - width) / 2, top: (room.height - height) / 2 };
    }
    const pixels = this.photo.width ?? this.images.full?.naturalWidth ?? this.#best?.naturalWidth ?? room.width;
    const width = pixels / devicePixelRatio, height = width / this.ratio;
    // No empty room beside a photograph that is larger than the pane.
    const inRoom = (size, space, centre) => (size <= space ? (space - size) / 2 : Math.min(0, Math.max(space - size, space / 2 - centre * size)));
    return { width, height, left: inRoom(width, room.width, this.view.zoom.x), top: inRoom(height, room.height, this.view.zoom.y) };
  }

  async #drawMap(image) {
    const { kind, zoom } = this.view;
    const photo = this.photo;
    if (kind && !this.detail) this.detail = await detailOf(photo).catch(() => null);
    if (this.photo !== photo || this.view.kind !== kind) return;
    const found = kind && image ? mapOf(this.detail, kind) : null;
    const wanted = found ? [photo.id, kind, image.src, Boolean(zoom), zoom ? "" : this.picture.clientWidth].join(" ") : "";
    const canvas = this.picture.querySelector("canvas");
    if (canvas?.shown === wanted || (!canvas && !wanted)) return;
    canvas?.remove();
    if (!found) return;
    this.picture.append(Object.assign(zoom ? painted(found, this.ratio) : blended(found, image, this.picture.clientWidth), { shown: wanted }));
  }

  /** Whole, or at 100 % with what is under the pointer staying there. */
  toggleZoom() {
    if (this.view.zoom) this.view.zoom = null;
    else this.view.zoom = this.#under(this.pointer) ?? { x: 0.5, y: 0.5 };
    this.onView();
  }

  // The point in the middle at 100 % for which the one under the pointer stays where it is.
  #under(pointer) {
    if (!pointer || !this.ratio) return null;
    const room = this.element.getBoundingClientRect();
    const box = this.picture.getBoundingClientRect();
    const x = (pointer.x - box.left) / box.width, y = (pointer.y - box.top) / box.height;
    if (x < 0 || x > 1 || y < 0 || y > 1) return null;
    const pixels = (this.photo.width ?? this.#best?.naturalWidth ?? room.width) / devicePixelRatio;
    return {
      x: x - (pointer.x - room.left - room.width / 2) / pixels,
      y: y - ((pointer.y - room.top - room.height / 2) * this.ratio) / pixels,
    };
  }

  #listen() {
    let from = null, hasMoved = false;
    const element = this.element;
    element.addEventListener("pointerenter", (event) => { this.pointer = { x: event.clientX, y: event.clientY }; });
    element.addEventListener("pointerleave", () => { this.pointer = null; });
    element.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, y: event.clientY };
      hasMoved = false;
      if (this.view.zoom) element.setPointerCapture(event.pointerId);
    });
    element.addEventListener("pointermove", (event) => {
      this.pointer = { x: event.clientX, y: event.clientY };
      if (!from || !(event.buttons & 1)) return;
      const dx = event.clientX - from.x, dy = event.clientY - from.y;
      if (Math.hypot(dx, dy) > 3) hasMoved = true;
      if (!this.view.zoom || !hasMoved) return;
      from = { x: event.clientX, y: event.clientY };
      const { width, height } = this.picture.getBoundingClientRect();
      const within = (value) => Math.min(1, Math.max(0, value));
      this.view.zoom = { x: within(this.view.zoom.x - dx / width), y: within(this.view.zoom.y - dy / height) };
      this.onView();
    });
    element.addEventListener("pointerup", (event) => {
      const dx = from ? event.clientX - from.x : 0;
      if (event.pointerType === "touch" && !this.view.zoom && Math.abs(dx) > SWIPE_PX) this.onSwipe(-Math.sign(dx));
      from = null;
    });
    element.addEventListener("click", () => { if (!hasMoved && !this.photo?.problem) this.toggleZoom(); });
  }
}

// As everywhere in aesmap: the photograph in grey, the map as pigment on it.
function blended({ map, kind }, image, shownWidth) {
  const width = Math.max(1, Math.round(Math.min(image.naturalWidth, shownWidth * Math.min(devicePixelRatio, 2))));
  const height = Math.max(1, Math.round((width * image.naturalHeight) / image.naturalWidth));
  const canvas = make("canvas", "", { width, height });
  canvas.getContext("2d", { willReadFrequently: true }).imageSmoothingQuality = "high";
  drawMap(canvas, image, map, kind);
  return hidden(canvas);
}

// The pigment alone: at 100 % the photograph below must stay sharp.
function painted({ map, kind }, ratio) {
  const width = Math.round(ratio >= 1 ? PAINTED_PX : PAINTED_PX * ratio), height = Math.round(width / ratio);
  const canvas = make("canvas", "over", { width, height });
  canvas.getContext("2d").putImageData(new ImageData(colours(map, kind, height, width), width, height), 0, 0);
  return hidden(canvas);
}

function hidden(canvas) {
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
