// A pane that shows one picture whole or at 100 %, and moves with the others that share its view.
import { make } from "./elements.js";

const SWIPE_PX = 50;
const within = (value) => Math.min(1, Math.max(0, value));

/**
 * A pane for a picture. `view` is shared by all panes that move together: its `zoom` is null for
 * the whole picture, or the point, x and y from 0 to 1, that is in the middle at 100 %. Whoever
 * extends it puts what is shown into `picture`, sets `ratio` (width over height; null as long as
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

  /** How wide the picture is at 100 %, in CSS pixels, in a room of `room` = { width, height }. */
  fullWidth(room) { return (this.pixels ?? room.width) / devicePixelRatio; }

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

  #place(room) {
    if (!this.view.zoom) {
      const width = Math.min(room.width, room.height * this.ratio), height = width / this.ratio;
      return { width, height, left: (room.width - width) / 2, top: (room.height - height) / 2 };
    }
    const width = this.fullWidth(room), height = width / this.ratio;
    const { x, y } = this.inPicture(this.view.zoom);
    // No empty room beside a photograph that is larger than the pane.
    const inRoom = (size, space, centre) => (size <= space ? (space - size) / 2 : Math.min(0, Math.max(space - size, space / 2 - centre * size)));
    return { width, height, left: inRoom(width, room.width, x), top: inRoom(height, room.height, y) };
  }

  /** Whole, or at 100 % with what is under the pointer staying there. */
  toggleZoom() {
    if (this.view.zoom) this.view.zoom = null;
    else this.view.zoom = this.#under(this.pointer) ?? this.ofPicture({ x: 0.5, y: 0.5 });
    this.onView();
  }

  /** Move what is shown at 100 % by so many CSS pixels. */
  pan(dx, dy) {
    if (!this.view.zoom) return;
    const { width, height } = this.picture.getBoundingClientRect();
    const { x, y } = this.inPicture(this.view.zoom);
    this.view.zoom = this.ofPicture({ x: within(x - dx / width), y: within(y - dy / height) });
    this.onView();
  }

  // The point in the middle at 100 % for which the one under the pointer stays where it is.
  #under(pointer) {
    if (!pointer || !this.ratio) return null;
    const room = this.element.getBoundingClientRect();
    const box = this.picture.getBoundingClientRect();
    const x = (pointer.x - box.left) / box.width, y = (pointer.y - box.top) / box.height;
    if (x < 0 || x > 1 || y < 0 || y > 1) return null;
    const full = this.fullWidth(room);
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
    element.addEventListener("click", () => { if (!hasMoved && !this.isEmpty) this.toggleZoom(); });
  }
}
