// How far something has come: "48 of 256", with a button that stops it.
import { make } from "./elements.js";

export class Progress {
  /** In an element; `what` stands before the numbers, and `press` is called by the button. */
  constructor(element, what, press) {
    this.element = element;
    this.what = what;
    this.bar = make("progress");
    this.bar.setAttribute("aria-label", what);
    this.text = make("span");
    this.button = make("button", "small", { type: "button" });
    this.button.addEventListener("click", press);
    element.replaceChildren(this.text, this.bar, this.button);
  }

  hide() { this.element.hidden = true; }

  show(done, total, label = "Stop") {
    this.element.hidden = false;
    const numbers = [done, total].map((number) => number.toLocaleString("en")).join(" of ");
    this.text.textContent = `${this.what} ${numbers}`;
    Object.assign(this.bar, { max: total, value: done });
    this.button.textContent = label;
  }
}
