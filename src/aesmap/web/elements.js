// Pieces that the report and the page of the service are both made of.
import { limitOf } from "./maps.js";

export const make = (name, className = "", properties = {}) =>
  Object.assign(document.createElement(name), { className }, properties);

const REASONS = {
  close: "Close: the evidence for and against is nearly even, so it could go either way.",
  unfamiliar: "Unfamiliar: too small, too flat or too noisy to resemble the photographs the model knows.",
};
/** Whether maps and numbers mean anything: those of a picture that the model does not know do not. */
export const isKnown = (doubt) => doubt !== "unfamiliar";
/** Why an assessment is uncertain, as a sentence. */
export const reason = (doubt) => REASONS[doubt] ?? "";
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** 68 %; nothing that is not certain is written as 0 % or 100 %. */
export function percent(share) {
  const rounded = Math.round(100 * share);
  if (rounded === 0 && share > 0) return "< 1 %";
  return rounded === 100 && share < 1 ? "> 99 %" : `${rounded} %`;
}

/** 7th */
export function ordinal(place) {
  const tail = place % 100;
  const ending = tail >= 11 && tail <= 13 ? "th" : { 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th";
  return `${place.toLocaleString("en")}${ending}`;
}

/** The place of each of some numbers among them all, the largest first; equal ones share one. */
export function places(numbers) {
  const first = new Map();
  [...numbers].sort((a, b) => b - a).forEach((number, i) => { if (!first.has(number)) first.set(number, i + 1); });
  return numbers.map((number) => first.get(number));
}

/** A short list of the numbers: 6.1 · technical 7.2 · soft */
export function numbersOf(photo) {
  if (photo.score === undefined) return photo.problem ? "" : "not scored yet";
  if (!isKnown(photo.doubt)) return photo.doubt;
  const parts = [photo.score.toFixed(1)];
  if (photo.technical !== null) parts.push(`technical ${photo.technical.toFixed(1)}`);
  if (photo.faultWords) parts.push(photo.faultWords);
  if (photo.doubt) parts.push(photo.doubt);
  return parts.join(" · ");
}

export const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;

/** mean + bias = logit as written: the logit and the bias are rounded, the mean is what they leave. */
export function writtenSum(exact, exactBias) {
  const round = (number) => Math.round(100 * number) / 100;
  const [logit, bias] = [round(exact), round(exactBias)];
  return { mean: signed(logit - bias), bias: signed(bias), logit: signed(logit) };
}

/** A titled part of the facts. */
export function part(title, ...content) {
  const section = make("section");
  section.append(make("h3", "", { textContent: title }), ...content);
  return section;
}

/** The score with how far people would disagree about it; both follow from the map's sum alone. */
export const scoreLine = (score, spread) =>
  make("p", "quiet", { textContent: `Score ${score.toFixed(1)} of 10, single votes give or take ${spread.toFixed(1)}.` });

/** A button that names an attribute over a bar of its probability, with `data` in its dataset. */
export function attributeButton(name, probability, data) {
  const button = make("button", "", { type: "button" });
  Object.assign(button.dataset, data);
  const meter = make("span", "meter"), filled = make("i");
  filled.style.width = `${100 * probability}%`;
  meter.append(filled);
  button.append(make("span", "", { textContent: name }), make("b", "", { textContent: percent(probability) }), meter);
  return button;
}

// What the colours of each view of a map say, the darker side first; docs/model.md says more.
const LEGENDS = {
  photo: [], evidence: [["cool", "weighs against"], ["", "speaks for"]],
  within: [["below", "less than this photo\u2019s own mean"], ["above", "more"]],
  high: [["", "speaks for"]], low: [["cool", "weighs against"]], attribute: [["violet", "speaks for"]],
  technical: [["cool", "technically worse"], ["", "better"]], fault: [["cool", "where it is"]],
};
/** What is said where a map has no colour. */
export const UNCOLOURED = "faces are left uncoloured";
/** The legend of a view as elements: its colours, from where on they are full, and whether faces have none. */
export function legend(kind, name = "", hasFaces = false) {
  const entries = LEGENDS[kind].map(([colour, text]) => {
    const entry = make("span");
    entry.append(make("i", `ramp ${colour}`), name ? ` ${text} ${name}` : ` ${text}`);
    return entry;
  });
  const full = `full colour at ${LEGENDS[kind].length === 2 ? "±" : ""}${limitOf(kind)} log-odds, in every picture`;
  return entries.length ? [...entries, ...[full, ...(hasFaces ? [UNCOLOURED] : [])].map((text) => make("span", "", { textContent: text }))] : [];
}

/** A row of buttons that say `kind` = value in their dataset. */
export function buttons(kind, choices) {
  const row = make("div", "choices");
  for (const [value, label] of choices) {
    const button = make("button", "", { type: "button", textContent: label });
    button.dataset[kind] = value;
    row.append(button);
  }
  return row;
}
