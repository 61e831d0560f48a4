// The form that filters and orders.
import { make } from "./elements.js";
import { faultName } from "./review_facts.js";
import { DECIDED } from "./decisions.js";
import { choices, DEFAULTS, DOUBT, SORTS } from "./review_filter.js";

const form = document.getElementById("filter");
const opener = document.getElementById("open-filter");
const fields = {};

/** Make the form; `onInput(change)` hears of what is chosen. */
export function makePanel(onInput, onClear) {
  const add = (label, ...controls) => {
    const element = make("label", "field");
    element.append(make("span", "", { textContent: label }), ...controls);
    form.append(element);
  };
  const field = (name, control) => {
    fields[name] = control;
    control.name = name;
    control.addEventListener("input", () => onInput({ [name]: control.value }));
    return control;
  };
  const select = (name, label) => add(label, field(name, make("select")));
  const range = (name, label) => {
    const group = make("fieldset", "field range");
    group.append(make("legend", "", { textContent: label }));
    for (const [end, word] of [["from", "at least"], ["to", "at most"]]) {
      const input = field(`${name}_${end}`, make("input", "", { type: "number", min: 1, max: 10, step: 0.1, placeholder: word }));
      input.setAttribute("aria-label", `${label} ${word}`);
      group.append(input);
    }
    form.append(group);
  };
  add("Name or folder", field("search", make("input", "", { type: "search" })));
  for (const [name, label] of [["sort", "Order"], ["decided", "Decision"], ["stars", "Stars"], ["fault", "Fault"], ["attribute", "Attribute"], ["doubt", "Doubt"], ["folder", "Folder"], ["date", "Day"]]) select(name, label);
  range("score", "Score");
  range("technical", "Technical");
  const clear = make("button", "small", { type: "button", textContent: "Clear" });
  clear.addEventListener("click", onClear);
  form.append(clear);
  form.addEventListener("submit", (event) => event.preventDefault());
  fill("sort", Object.entries(SORTS).map(([value, [label]]) => [value, label]));
  fill("decided", Object.entries(DECIDED));
  fill("doubt", Object.entries(DOUBT));
  fill("stars", [["", "Any stars"], ...[1, 2, 3, 4, 5].map((n) => [String(n), n < 5 ? `${"★".repeat(n)} or more` : "★★★★★"])]);
}

function fill(name, options) {
  const control = fields[name];
  const text = JSON.stringify(options);
  if (control.filled === text) return;
  control.filled = text;
  const value = control.value;
  control.replaceChildren(...options.map(([choice, label]) => new Option(label, choice)));
  control.value = value;
}

/** Have the form say what is chosen, and offer what there is. */
export function showPanel(filter) {
  const found = choices();
  const kept = (name, options) => (filter[name] && !options.some(([value]) => value === filter[name]) ? [...options, [filter[name], filter[name]]] : options);
  fill("fault", kept("fault", [["", "Any fault or none"], ["none", "No fault"], ["any", "Some fault"], ...found.fault.map((name) => [name, faultName(name)])]));
  fill("attribute", kept("attribute", [["", "Any attribute"], ...found.attribute.map((name) => [name, name])]));
  fill("folder", kept("folder", [["", "Any folder"], ...found.folder.map((name) => [name, name === "." ? "(this one)" : name])]));
  fill("date", kept("date", [["", "Any day"], ...found.date.map((day) => [day, day]), ["none", "Without a date"]]));
  for (const name of Object.keys(DEFAULTS)) {
    if (fields[name] && fields[name].value !== filter[name]) fields[name].value = filter[name];
  }
}

export const panelIsOpen = () => !form.hidden;
export function openPanel(open, focus = false) {
  form.hidden = !open;
  opener.setAttribute("aria-expanded", String(open));
  if (open && focus) { fields.search.focus(); fields.search.select(); }
}
