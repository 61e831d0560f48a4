// One photograph in a pane: whole or enlarged, with a map over it or without.
import { make } from "./elements.js";
import { colours, drawMap } from "./maps.js";
import { ZoomPane } from "./pane.js";

const PAINTED_PX = 480; // the longer side of a map that lies over an enlarged photograph

/**
 * A pane that shows a photograph. Its view has, besides the zoom, the `kind` of the map. Whoever
 * extends it says where the pictures of a photograph come from, and its maps.
 */
export class PhotoPane extends ZoomPane {
  constructor(view, onView, onSwipe) {
    super(view, onView, onSwipe);
    Object.assign(this, { photo: null, images: {} });
  }

  /** What tells a photograph, as it is now, from every other. */
  keyOf(photo) { return String(photo.index); }

  /** Where its "thumbnail", "preview" or "full" picture is; empty where there is none. */
  urlOf(_photo, _size) { return ""; }

  /** The map of a kind, the way to paint it and where not to, { map, kind, uncoloured }, or null; may come later. */
  mapOf(_photo, _kind) { return null; }

  /** Why there is nothing to see; empty where there is. */
  problemOf(_photo) { return ""; }

  /** What is said of it to somebody who does not see it. */
  spokenOf(photo) { return photo.name; }

  /** Draw a photograph with a map over it on a canvas. */
  blend(canvas, image, { map, kind, uncoloured }) {
    canvas.getContext("2d", { willReadFrequently: true }).imageSmoothingQuality = "high";
    drawMap(canvas, image, map, kind, uncoloured);
  }

  get pixels() { return this.photo.width ?? this.images.full?.naturalWidth ?? this.best?.naturalWidth ?? null; }

  get isEmpty() { return !this.photo || Boolean(this.problemOf(this.photo)); }

  /** The best picture that is there. */
  get best() {
    const { full, preview, thumbnail } = this.images;
    return full || preview || thumbnail || null;
  }

  show(photo) {
    const stateOf = (one) => one && `${this.keyOf(one)} ${this.problemOf(one)}`;
    const isSame = stateOf(this.photo) === stateOf(photo);
    this.photo = photo;
    if (!isSame) this.#begin();
    this.draw();
  }

  /** Show nothing, and let go of the pictures. */
  clear() {
    Object.assign(this, { photo: null, images: {}, ratio: null });
    this.picture.replaceChildren();
  }

  #begin() {
    const { photo } = this, problem = this.problemOf(photo);
    this.images = {};
    this.ratio = photo.width ? photo.width / photo.height : null;
    this.picture.replaceChildren();
    this.picture.setAttribute("role", "img");
    this.picture.setAttribute("aria-label", this.spokenOf(photo));
    if (!problem) { this.#load("thumbnail").then(() => this.#load("preview")); return; }
    this.picture.removeAttribute("style");
    this.picture.append(make("p", "bad", { textContent: problem }));
  }

  // `images` has null for what is under way, and false for what is not to be had.
  async #load(size) {
    const { photo } = this;
    if (!photo || this.images[size] !== undefined) return;
    const images = this.images;
    images[size] = null;
    const image = make("img", "", { alt: "", draggable: false });
    image.dataset.size = size;
    const url = this.urlOf(photo, size);
    try {
      if (!url) throw new TypeError("none");
      image.src = url;
      await image.decode();
      images[size] = image;
    } catch {
      images[size] = false;
    }
    if (this.images !== images) return;
    if (images[size]) this.ratio ??= image.naturalWidth / image.naturalHeight;
    this.draw();
  }

  draw() {
    if (!this.layOut()) return;
    if (this.view.zoom) this.#load("full");
    const best = this.best;
    const current = this.picture.querySelector("img");
    if (best && current !== best) { current?.remove(); this.picture.prepend(best); }
    this.#drawMap(best);
  }

  async #drawMap(image) {
    const { photo, picture } = this, { kind, zoom } = this.view;
    const isShown = () => this.photo === photo && this.view.kind === kind && Boolean(this.view.zoom) === Boolean(zoom) && this.best === image;
    const wanted = kind && image ? [this.keyOf(photo), kind, image.dataset.size, Boolean(zoom), zoom ? "" : picture.clientWidth].join(" ") : "";
    if (wanted && picture.querySelector("canvas")?.shown === wanted) return;
    const found = wanted ? await this.mapOf(photo, kind) : null;
    if (!isShown()) return;
    picture.querySelector("canvas")?.remove();
    if (!found) return;
    const canvas = zoom ? pigment(found, this.ratio) : this.#blended(found, image);
    canvas.setAttribute("aria-hidden", "true");
    picture.append(Object.assign(canvas, { shown: wanted }));
  }

  // As everywhere in aesmap: the photograph in grey, the map as pigment on it.
  #blended(found, image) {
    const width = Math.max(1, Math.round(Math.min(image.naturalWidth, this.picture.clientWidth * Math.min(devicePixelRatio, 2))));
    const height = Math.max(1, Math.round((width * image.naturalHeight) / image.naturalWidth));
    const canvas = make("canvas", "", { width, height });
    this.blend(canvas, image, found);
    return canvas;
  }
}

// The pigment alone: an enlarged photograph below must stay sharp.
function pigment({ map, kind, uncoloured }, ratio) {
  const width = Math.max(1, Math.round(ratio >= 1 ? PAINTED_PX : PAINTED_PX * ratio)), height = Math.max(1, Math.round(width / ratio));
  const canvas = make("canvas", "over", { width, height });
  canvas.getContext("2d").putImageData(new ImageData(colours(map, kind, height, width, uncoloured), width, height), 0, 0);
  return canvas;
}
