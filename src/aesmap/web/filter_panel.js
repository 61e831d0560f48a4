// The form that filters and orders; of report and review.
import { DECIDED } from "./decisions.js";
import { make } from "./elements.js";
import { BURSTS, choicesOf, DOUBT, SHAPES } from "./photo_filter.js";

const LABELS = {
  sort: "Order", decided: "Decision", stars: "Stars", fault: "Fault", attribute: "Attribute", doubt: "Doubt", folder: "Folder",
  date: "Day", camera: "Camera", lens: "Lens", shape: "Shape", burst: "Burst",
};
const RANGES = [["score", "Score"], ["technical", "Technical"]];

export class FilterPanel {
  /**
   * In a form that a button, `opener`, opens. `names` of LABELS are the fields it has, `sorts` the
   * orders, `onInput` hears of a change, `onClear` that nothing is to be asked for any more, and
   * `faultName` is how people call a fault.
   */
  constructor(form, opener, { names, sorts, onInput, onClear, hasSearch = true, faultName = (name) => name }) {
    Object.assign(this, { form, opener, onInput, faultName, fields: {} });
    if (hasSearch) this.#add("Name or folder", this.#field("search", make("input", "", { type: "search" })));
    for (const name of names) this.#add(LABELS[name], this.#field(name, make("select")));
    for (const [name, label] of RANGES) this.#addRange(name, label);
    const clear = make("button", "small", { type: "button", textContent: "Clear" });
    clear.addEventListener("click", onClear);
    form.append(clear);
    form.addEventListener("submit", (event) => event.preventDefault());
    this.#fill("sort", Object.entries(sorts).map(([value, [label]]) => [value, label]));
    this.#fill("decided", Object.entries(DECIDED));
    this.#fill("doubt", Object.entries(DOUBT));
    this.#fill("shape", Object.entries(SHAPES));
    this.#fill("stars", [["", "Any stars"], ...[1, 2, 3, 4, 5].map((n) => [String(n), n < 5 ? `${"★".repeat(n)} or more` : "★★★★★"])]);
  }

  get isOpen() { return !this.form.hidden; }

  open(open, focus = false) {
    this.form.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
    if (!open || !focus) return;
    const [first] = Object.values(this.fields);
    first.focus();
    first.select?.();
  }

  /** Have the form say what is chosen, and offer what there is among some photographs. */
  show(filter, photos) {
    const found = choicesOf(photos);
    const plain = (values) => values.map((value) => [value, value]);
    const kept = (name, options) => (filter[name] && !options.some(([value]) => value === filter[name]) ? [...options, [filter[name], filter[name]]] : options);
    const fill = (name, options) => this.#fill(name, kept(name, options));
    fill("fault", [["", "Any fault or none"], ["none", "No fault"], ["any", "Some fault"], ...found.fault.map((name) => [name, this.faultName(name)])]);
    fill("attribute", [["", "Any attribute"], ...plain(found.attribute)]);
    fill("folder", [["", "Any folder"], ...found.folder.map((name) => [name, name === "." ? "(this one)" : name])]);
    fill("date", [["", "Any day"], ...plain(found.date), ["none", "Without a date"]]);
    fill("camera", [["", "Any camera"], ...plain(found.camera), ["none", "Not known"]]);
    fill("lens", [["", "Any lens"], ...plain(found.lens), ["none", "Not known"]]);
    fill("burst", Object.entries(BURSTS));
    for (const [name, control] of Object.entries(this.fields)) if (control.value !== filter[name]) control.value = filter[name];
  }

  #add(label, control) {
    const element = make("label", "field");
    element.append(make("span", "", { textContent: label }), control);
    this.form.append(element);
  }

  #field(name, control) {
    this.fields[name] = control;
    control.name = name;
    control.addEventListener("input", () => this.onInput({ [name]: control.value }));
    return control;
  }

  #addRange(name, label) {
    const group = make("fieldset", "field range");
    group.append(make("legend", "", { textContent: label }));
    for (const [end, word] of [["from", "at least"], ["to", "below"]]) {
      const input = this.#field(`${name}_${end}`, make("input", "", { type: "number", min: 1, max: 10, step: "any", placeholder: word }));
      input.setAttribute("aria-label", `${label} ${word}`);
      group.append(input);
    }
    this.form.append(group);
  }

  #fill(name, options) {
    const control = this.fields[name], text = JSON.stringify(options);
    if (!control || control.filled === text) return;
    control.filled = text;
    const value = control.value;
    control.replaceChildren(...options.map(([choice, label]) => new Option(label, choice)));
    control.value = value;
  }
}
