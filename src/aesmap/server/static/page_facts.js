// What is said of one photograph, beside its stage.
import { attributeButton, buttons, isKnown, make, part, percent, reason, scoreLine, writtenSum } from "./elements.js";

export const ASPECTS = ["1:1", "4:5", "3:2", "16:9", "9:16", "free"];
const NUM_ATTRIBUTES = 6;

/** The facts as elements: the verdict, or why there is none yet, or will be none. */
export function facts(item) {
  const heading = make("h2", "", { id: "name", textContent: item.file.name });
  if (item.state === "failed") {
    const told = [heading, make("p", "problem", { textContent: item.problem.message })];
    if (!item.problem.passes) return told;
    const again = make("button", "strong", { type: "button", textContent: "Try again" });
    again.dataset.act = "again";
    return [...told, again];
  }
  if (item.state !== "done") {
    const said = { waiting: "Waiting for its turn.", looking: "Looking at it." }[item.state];
    return [heading, make("p", "lookout", { textContent: item.note || said })];
  }
  const { answer } = item;
  const level = make("p", `level ${answer.level}`, { textContent: answer.score.toFixed(1) });
  level.append(make("span", "", { textContent: "of 10" }), make("b", "", { textContent: percent(answer.p_high) }),
    make("span", "", { textContent: "probability of high" }));
  const known = isKnown(answer.uncertain_reason);
  const parts = [heading, make("p", "size", { textContent: `${answer.width} × ${answer.height}` }), ...(known ? [level] : [])];
  if (answer.uncertain) parts.push(make("span", "doubt", { textContent: `uncertain: ${answer.uncertain_reason}` }));
  parts.push(make("p", "verdict", { textContent: answer.words.text }));
  if (answer.uncertain) parts.push(make("p", "reason", { textContent: reason(answer.uncertain_reason) }));
  if (known) parts.push(scoreLine(answer.score, answer.spread));
  parts.push(cropping(item));
  if (known && answer.technical !== null) parts.push(part(`Technical: ${answer.technical.toFixed(1)} of 10`, technical(answer)));
  const names = known ? Object.keys(answer.maps.attributes) : [];
  if (names.length) parts.push(part("Attributes and their maps", attributes(answer)));
  const keep = buttons("save", [["panel", "Panel (PNG)"], ["json", "Numbers (JSON)"]]);
  const sum = writtenSum(answer.logit, answer.bias);
  const equation = known ? `Mean of the map ${sum.mean}, bias ${sum.bias}: logit ${sum.logit}. ` : "";
  parts.push(part("Keep", keep), make("p", "sum", { textContent: `${equation}${answer.model}` }));
  return parts;
}

function cropping(item) {
  const choices = buttons("aspect", ASPECTS.map((aspect) => [aspect, aspect]));
  for (const button of choices.children) {
    button.setAttribute("aria-pressed", "false");
    button.disabled = item.crops === null;
  }
  const about = make("div", "about-crop", { id: "about-crop" });
  const save = make("button", "strong", { type: "button", textContent: "Save crop", hidden: true });
  save.dataset.save = "crop";
  return part("Crop", choices, about, save);
}

/** P(high) before and after a crop; `after` is undefined while it is asked, null where there is none. */
export function aboutCrop(box, before, after, told = "") {
  const [left, top, right, bottom] = box;
  const line = make("p", "before-after");
  const then = after === undefined ? "…" : after === null ? "too small to judge" : percent(after);
  const tell = (label, text, className = "") => {
    const term = make("span", className);
    term.append(make("small", "", { textContent: label }), make("b", "", { textContent: text }));
    return term;
  };
  line.append(tell("whole photo", percent(before)), make("span", "", { textContent: "→", ariaHidden: "true" }), tell("this crop", then, "after"));
  const size = `${right - left} × ${bottom - top} pixels`;
  const words = told && `${told[0].toUpperCase()}${told.slice(1)}.`;
  return [line, make("p", "quiet", { textContent: words ? `${size}. ${words}` : size })];
}

function technical(answer) {
  const faults = Object.entries(answer.faults).map(([name, p]) => [name, `${name.replaceAll("_", " ")} ${percent(p)}`]);
  const row = buttons("technical", [["technical", "Map"], ...faults]);
  for (const button of row.children) button.setAttribute("aria-pressed", "false");
  return row;
}

function attributes(answer) {
  const list = make("div", "attributes");
  for (const [name, p] of Object.entries(answer.attributes).slice(0, NUM_ATTRIBUTES)) {
    const button = attributeButton(name, p, { attribute: name });
    button.setAttribute("aria-pressed", "false");
    list.append(button);
  }
  return list;
}
