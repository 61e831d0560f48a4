// A pane that shows one picture whole or enlarged, and moves with the others that share its view.
import { make } from "./elements.js";

const SWIPE_PX = 50;
const MOST_TIMES = 4; // beyond 100 %, or beyond the whole picture where that is larger
const WHEEL = 0.0025, PINCH = 0.01; // of the logarithm of the scale, for each pixel that a wheel or two fingers turn
const LINE_PX = 40;
const inUnit = (value) => Math.min(1, Math.max(0, value));

/**
 * A pane for a picture. `view` is shared by all panes that move together: its `zoom` is null for
 * the whole picture, or the point, x and y from 0 to 1, that is in the middle, with the `scale`, 1
 * for 100 %. Whoever extends it puts what is shown into `picture`, sets `ratio` (width over height; null as long as
 * there is nothing), and gives `pixels`, the picture's own width; `onView` is called when the view
 * has changed and all panes are to be drawn anew.
 */
export class ZoomPane {
  constructor(view, onView, onSwipe = () => {}) {
    Object.assign(this, { view, onView, onSwipe, ratio: null, pointer: null });
    this.element = make("div", "pane");
    this.picture = make("div", "picture");
    this.element.append(this.picture);
    new ResizeObserver(() => this.draw()).observe(this.element);
    this.#listen();
  }

  /** The width of the picture in its own pixels; null where it is not known. */
  get pixels() { return null; }

  /** Whether there is nothing to zoom into. */
  get isEmpty() { return !this.ratio; }

  /** How often the whole picture 100 % is at least: of small ones zooming would show nothing otherwise. */
  get leastZoom() { return 0; }

  /** How wide the picture is at 100 %, in CSS pixels, in a room of `room` = { width, height }. */
  fullWidth(room) { return Math.max((this.pixels ?? room.width) / devicePixelRatio, this.leastZoom * this.#wholeWidth(room)); }

  // A view's point as one of the picture, and back: they differ where the picture is a part of one.
  inPicture(point) { return point; }
  ofPicture(point) { return point; }

  /** Put the picture where the view wants it; false where there is no room or nothing to show. */
  layOut() {
    const room = { width: this.element.clientWidth, height: this.element.clientHeight };
    if (this.isEmpty || !this.ratio || !room.width) return false;
    const { width, height, left, top } = this.#place(room);
    Object.assign(this.picture.style, { width: `${width}px`, height: `${height}px`, transform: `translate(${left}px, ${top}px)` });
    this.element.classList.toggle("zoomed", Boolean(this.view.zoom));
    return true;
  }

  draw() { this.layOut(); }

  #wholeWidth(room) { return Math.min(room.width, room.height * this.ratio); }

  #place(room) {
    if (!this.view.zoom) {
      const width = this.#wholeWidth(room), height = width / this.ratio;
      return { width, height, left: (room.width - width) / 2, top: (room.height - height) / 2 };
    }
    const width = this.fullWidth(room) * this.view.zoom.scale, height = width / this.ratio;
    const { x, y } = this.inPicture(this.view.zoom);
    // No empty room beside a photograph that is larger than the pane.
    const inRoom = (size, space, centre) => (size <= space ? (space - size) / 2 : Math.min(0, Math.max(space - size, space / 2 - centre * size)));
    return { width, height, left: inRoom(width, room.width, x), top: inRoom(height, room.height, y) };
  }

  /** Whole, or at 100 % with what is under the pointer staying there. */
  toggleZoom() {
    if (this.view.zoom) this.view.zoom = null;
    else this.#zoomTo(1);
    this.onView();
  }

  /** Larger or smaller by a factor, with what is under the pointer staying there; whole where it would be smaller. */
  zoomBy(factor) {
    if (this.isEmpty) return;
    const room = this.element.getBoundingClientRect();
    const whole = this.#wholeWidth(room), full = this.fullWidth(room);
    const width = factor * (this.view.zoom ? full * this.view.zoom.scale : whole);
    if (width <= 1.01 * whole) this.view.zoom = null;
    else this.#zoomTo(Math.min(width, MOST_TIMES * Math.max(whole, full)) / full);
    this.onView();
  }

  #zoomTo(scale) {
    const point = this.#under(this.pointer, scale) ?? this.view.zoom ?? this.ofPicture({ x: 0.5, y: 0.5 });
    this.view.zoom = { ...point, scale };
  }

  /** Move what is enlarged by so many CSS pixels. */
  pan(dx, dy) {
    if (!this.view.zoom) return;
    const { width, height } = this.picture.getBoundingClientRect();
    const { x, y } = this.inPicture(this.view.zoom);
    this.view.zoom = { ...this.view.zoom, ...this.ofPicture({ x: inUnit(x - dx / width), y: inUnit(y - dy / height) }) };
    this.onView();
  }

  // The point in the middle at a scale for which the one under the pointer stays where it is.
  #under(pointer, scale) {
    if (!pointer || !this.ratio) return null;
    const room = this.element.getBoundingClientRect();
    const box = this.picture.getBoundingClientRect();
    const x = (pointer.x - box.left) / box.width, y = (pointer.y - box.top) / box.height;
    if (x < 0 || x > 1 || y < 0 || y > 1) return null;
    const full = scale * this.fullWidth(room);
    return this.ofPicture({
      x: x - (pointer.x - room.left - room.width / 2) / full,
      y: y - ((pointer.y - room.top - room.height / 2) * this.ratio) / full,
    });
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
      this.pan(dx, dy);
    });
    element.addEventListener("pointerup", (event) => {
      const dx = from ? event.clientX - from.x : 0;
      if (event.pointerType === "touch" && !this.view.zoom && Math.abs(dx) > SWIPE_PX) this.onSwipe(-Math.sign(dx));
      from = null;
    });
    element.addEventListener("wheel", (event) => {
      if (this.isEmpty) return;
      event.preventDefault();
      const turned = event.deltaY * [1, LINE_PX, element.clientHeight][event.deltaMode];
      this.zoomBy(Math.exp(-turned * (event.ctrlKey ? PINCH : WHEEL)));
    }, { passive: false });
    element.addEventListener("click", () => { if (!hasMoved && !this.isEmpty) this.toggleZoom(); });
  }
}
