// What is said of one photograph, beside its stage.
import { attributeButton, buttons, isKnown, make, part, percent, reason, scoreLine, signed, writtenSum } from "./elements.js";

const NUM_ATTRIBUTES = 6;

/** The assessment as elements, or why there is none yet, or will be none. */
export function assessmentOf(item, isStopped) {
  const heading = make("h2", "", { id: "name", textContent: item.file.name });
  if (item.state === "failed") {
    const told = [heading, make("p", "problem", { textContent: item.problem.message })];
    return item.problem.passes ? [...told, action("again", "Try again")] : told;
  }
  if (item.state === "waiting" && isStopped) {
    return [heading, make("p", "lookout", { textContent: "Stopped before its turn." }), action("now", "Look at this one")];
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
  if (known && answer.technical !== null) parts.push(make("p", "technical", { textContent: `technical quality ${answer.technical.toFixed(1)} of 10` }));
  if (answer.uncertain) parts.push(make("span", "doubt", { textContent: `uncertain: ${answer.uncertain_reason}` }));
  parts.push(make("p", "assessment", { textContent: answer.words.text }));
  if (answer.uncertain) parts.push(make("p", "reason", { textContent: reason(answer.uncertain_reason) }));
  return parts;
}

/** The score and the like of a photo in a line, for where there is room for no more. */
export function inShort({ state, answer }) {
  if (state !== "done") return { failed: "failed", looking: "being looked at", waiting: "waiting" }[state];
  if (!isKnown(answer.uncertain_reason)) return answer.uncertain_reason;
  const technical = answer.technical === null ? [] : [`technical ${answer.technical.toFixed(1)}`];
  return [`score ${answer.score.toFixed(1)}`, percent(answer.p_high), ...technical].join(" · ");
}

/** What there is beside an assessment: the score, crops, parts, technical maps, attributes, what can be saved. */
export function factsOf(item, { aspects, without }) {
  if (item.state !== "done") return [];
  const { answer } = item, known = isKnown(answer.uncertain_reason);
  const parts = [...(known ? [scoreLine(answer.score, answer.spread)] : []), cropping(item, aspects, without)];
  if (answer.parts?.length) parts.push(part("Why, in parts", shares(answer)));
  if (known && answer.technical !== null) parts.push(part(`Technical: ${answer.technical.toFixed(1)} of 10`, technical(answer)));
  const names = known ? Object.keys(answer.maps.attributes) : [];
  if (names.length) parts.push(part("Attributes and their maps", attributes(answer)));
  const keep = buttons("save", [["panel", "Panel (PNG)"], ["json", "Numbers (JSON)"]]);
  const sum = writtenSum(answer.logit, answer.bias);
  const equation = known ? `Mean of the map ${sum.mean}, bias ${sum.bias}: logit ${sum.logit}. ` : "";
  parts.push(part("Save", keep), make("p", "sum", { textContent: `${equation}${answer.model}` }));
  return parts;
}

/** What each thing in the photo adds to the logit; with the constant they are the logit. */
function shares({ parts, bias }) {
  const list = make("ul", "shares");
  const most = Math.max(...parts.map(({ evidence }) => Math.abs(evidence)), Math.abs(bias));
  for (const [name, amount] of [...parts.map(({ name, evidence }) => [name || "the rest", evidence]), ["the constant", bias]]) {
    const item = make("li"), bar = make("i", amount < 0 ? "low" : "high");
    bar.style.width = `${(100 * Math.abs(amount)) / most}%`;
    item.append(make("span", "", { textContent: name }), make("b", "", { textContent: signed(amount) }), bar);
    list.append(item);
  }
  return list;
}

function action(act, text) {
  const button = make("button", "strong", { type: "button", textContent: text });
  button.dataset.act = act;
  return button;
}

function cropping(item, aspects, canDoWithout) {
  const choices = buttons("aspect", aspects.map((aspect) => [aspect, aspect]));
  for (const button of choices.children) {
    button.setAttribute("aria-pressed", "false");
    button.disabled = item.crops === null;
  }
  const about = make("div", "about-crop", { id: "about-crop" });
  const row = make("div", "crop-row", { hidden: true });
  const save = make("button", "strong", { type: "button", textContent: "Save crop" });
  save.dataset.save = "crop";
  const proposed = make("button", "small", { type: "button", textContent: "Back to the proposal", hidden: true });
  proposed.dataset.act = "proposed";
  const without = make("button", "small", { type: "button", textContent: "And without this part?" });
  without.dataset.act = "without";
  row.append(save, ...(canDoWithout ? [without] : []), proposed);
  return part("Crop", choices, about, row);
}

/** P(high) before and after a crop; `after` is undefined while it is asked, null where there is none. */
export function aboutCrop(box, before, after, told = "") {
  const [left, top, right, bottom] = box;
  const line = make("p", "before-after");
  const then = afterInWords(after);
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

/** P(high) of a crop as text; undefined while it is asked, null where there is none. */
export const afterInWords = (after) => (after === undefined ? "…" : after === null ? "too small to judge" : percent(after));

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
