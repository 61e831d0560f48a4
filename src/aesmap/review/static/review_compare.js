// Two to four photographs side by side, which zoom and move together.
import { decisionSigns } from "./decisions.js";
import { make } from "./elements.js";
import { Pane } from "./review_pane.js";
import { decisionOf } from "./review_store.js";
import { numbersOf } from "./review_words.js";

export const MOST = 4;
const section = document.getElementById("compare");
const room = document.getElementById("panes");

export class Compare {
  constructor(view, onView, onChoose) {
    this.panes = Array.from({ length: MOST }, () => new Pane(view, onView));
    this.frames = this.panes.map((pane, number) => {
      const frame = make("figure");
      const caption = make("figcaption");
      const choose = make("button", "choose", { type: "button" });
      caption.append(choose);
      frame.append(pane.element, caption);
      choose.addEventListener("click", () => onChoose(number));
      pane.element.addEventListener("pointerdown", () => onChoose(number));
      return { frame, choose };
    });
    this.photos = [];
  }

  get isOpen() { return !section.hidden; }

  close() {
    section.hidden = true;
    this.photos = [];
  }

  /** The pane under the pointer, or else that of a photograph. */
  paneAt(photo) {
    return this.panes.slice(0, this.photos.length).find((pane) => pane.pointer) ?? this.panes[this.photos.indexOf(photo)] ?? this.panes[0];
  }

  /** Show these photographs, one of them active. */
  show(photos, active) {
    section.hidden = false;
    this.photos = photos;
    room.dataset.count = photos.length;
    const frames = this.frames.slice(0, photos.length);
    if (room.children.length !== photos.length) room.replaceChildren(...frames.map(({ frame }) => frame));
    photos.forEach((photo, i) => {
      const { frame, choose } = this.frames[i];
      frame.className = [decisionOf(photo).flag, photo === active && "active"].filter(Boolean).join(" ");
      choose.replaceChildren(make("b", "", { textContent: photo.name }), decisionSigns(decisionOf(photo)), make("small", "", { textContent: numbersOf(photo) }));
      choose.setAttribute("aria-pressed", String(photo === active));
      this.panes[i].show(photo);
    });
  }

  draw() { this.panes.slice(0, this.photos.length).forEach((pane) => pane.draw()); }
}
