// One photograph in a pane: whole or at 100 %, with a map over it or without.
import { make } from "./elements.js";
import { colours, decodeMap, drawMap } from "./maps.js";
import { ZoomPane } from "./pane.js";
import * as api from "./review_api.js";

const PAINTED_PX = 480; // the longer side of a map that lies over a photograph at 100 %
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

/** A pane that shows a photograph; the view has, besides its zoom, the `kind` of the map. */
export class Pane extends ZoomPane {
  constructor(view, onView, onSwipe) {
    super(view, onView, onSwipe);
    this.photo = null;
  }

  get pixels() { return this.photo.width ?? this.images.full?.naturalWidth ?? this.#best?.naturalWidth ?? null; }

  get isEmpty() { return !this.photo || Boolean(this.photo.problem); }

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
    if (!this.layOut()) return;
    if (this.view.zoom) this.#load("full");
    const best = this.#best;
    const current = this.picture.querySelector("img");
    if (best && current !== best) { current?.remove(); this.picture.prepend(best); }
    this.#drawMap(best);
  }

  async #drawMap(image) {
    const { kind, zoom } = this.view;
    const photo = this.photo;
    if (kind && !this.detail) this.detail = await detailOf(photo).catch(() => null);
    if (this.photo !== photo || this.view.kind !== kind) return;
    const found = kind && image ? { ...mapOf(this.detail, kind), uncoloured: this.detail?.uncoloured } : null;
    const wanted = found ? [photo.id, kind, image.src, Boolean(zoom), zoom ? "" : this.picture.clientWidth].join(" ") : "";
    const canvas = this.picture.querySelector("canvas");
    if (canvas?.shown === wanted || (!canvas && !wanted)) return;
    canvas?.remove();
    if (!found) return;
    this.picture.append(Object.assign(zoom ? painted(found, this.ratio) : blended(found, image, this.picture.clientWidth), { shown: wanted }));
  }
}

// As everywhere in aesmap: the photograph in grey, the map as pigment on it.
function blended({ map, kind, uncoloured }, image, shownWidth) {
  const width = Math.max(1, Math.round(Math.min(image.naturalWidth, shownWidth * Math.min(devicePixelRatio, 2))));
  const height = Math.max(1, Math.round((width * image.naturalHeight) / image.naturalWidth));
  const canvas = make("canvas", "", { width, height });
  canvas.getContext("2d", { willReadFrequently: true }).imageSmoothingQuality = "high";
  drawMap(canvas, image, map, kind, uncoloured);
  return hidden(canvas);
}

// The pigment alone: at 100 % the photograph below must stay sharp.
function painted({ map, kind, uncoloured }, ratio) {
  const width = Math.round(ratio >= 1 ? PAINTED_PX : PAINTED_PX * ratio), height = Math.round(width / ratio);
  const canvas = make("canvas", "over", { width, height });
  canvas.getContext("2d").putImageData(new ImageData(colours(map, kind, height, width, uncoloured), width, height), 0, 0);
  return hidden(canvas);
}

function hidden(canvas) {
  canvas.setAttribute("aria-hidden", "true");
  return canvas;
}
