// Two to four photographs side by side, which zoom and move together.
import { decisionSigns } from "./decisions.js";
import { make } from "./elements.js";

export const MOST_COMPARED = 4;

/** The photographs to compare: those selected of a list, or else one and its like, or the one beside it. */
export function toCompare(list, photo, isSelected, alike) {
  const selected = list.filter(isSelected);
  if (selected.length > 1 || !photo) return selected;
  if (alike.length > 1) return alike;
  const at = Math.max(0, Math.min(list.indexOf(photo), list.length - 2));
  return list.slice(at, at + 2);
}

/** As many of them as fit, with one among them, as near to where it stands as can be. */
export function windowOn(all, photo) {
  const from = Math.max(0, Math.min(all.indexOf(photo), all.length - MOST_COMPARED));
  return all.slice(from, from + MOST_COMPARED);
}

/**
 * The photograph before or after one of those compared, and the ones to show then: past the last
 * of them the panes move on along all that there are, and past the end of all they begin anew.
 */
export function stepCompared(all, shown, photo, by) {
  const to = all[(all.indexOf(photo) + by + all.length) % all.length];
  if (shown.includes(to)) return { shown, photo: to };
  const at = all.indexOf(to), from = Math.max(0, by > 0 ? at - MOST_COMPARED + 1 : at);
  return { shown: all.slice(from, from + MOST_COMPARED), photo: to };
}

export class ComparePanes {
  /** In an element; a pane is made by `makePane`, its caption has `numbersOf` a photograph, `onChoose` gets a place. */
  constructor(room, { makePane, decisionOf, numbersOf, onChoose }) {
    Object.assign(this, { room, decisionOf, numbersOf, photos: [] });
    this.panes = Array.from({ length: MOST_COMPARED }, makePane);
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
  }

  /** The pane under the pointer, or else that of a photograph. */
  paneAt(photo) {
    return this.panes.slice(0, this.photos.length).find((pane) => pane.pointer) ?? this.panes[this.photos.indexOf(photo)] ?? this.panes[0];
  }

  /** Show these photographs, one of them active. */
  show(photos, active) {
    this.photos = photos;
    this.room.dataset.count = photos.length;
    const frames = this.frames.slice(0, photos.length);
    if (this.room.children.length !== photos.length) this.room.replaceChildren(...frames.map(({ frame }) => frame));
    photos.forEach((photo, i) => {
      const { frame, choose } = this.frames[i], decision = this.decisionOf(photo);
      frame.className = [decision.flag, photo === active && "active"].filter(Boolean).join(" ");
      choose.replaceChildren(make("b", "", { textContent: photo.name }), decisionSigns(decision), make("small", "", { textContent: this.numbersOf(photo) }));
      choose.setAttribute("aria-pressed", String(photo === active));
      this.panes[i].show(photo);
    });
  }

  draw() { this.panes.slice(0, this.photos.length).forEach((pane) => pane.draw()); }
}
