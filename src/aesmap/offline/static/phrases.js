// Phrases of explain/phrases.py, filled in.
import { KNOWN } from "./known.js";
import { rounded } from "./rounding.js";

const { phrases, named_fault: NAMED_FAULT, faults: FAULTS, blurs: BLURS, blurred: BLURRED } = KNOWN.words;

export function phrase(name, values = {}) {
  if (!(name in phrases)) throw new RangeError(`no phrase is called ${name}`);
  return phrases[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** 68 %; nothing that is not certain is written as 0 % or 100 %. */
export function asPercentage(probability) {
  const percent = rounded(100 * probability);
  if (percent === 0 && probability > 0) return phrase("hardly");
  if (percent === 100 && probability < 1) return phrase("nearly");
  return phrase("share", { percent });
}

/** Faults, [{ name, probability }], in words; empty where none is likelier than not. */
export function faultWords(faults) {
  let names = faults.filter(({ probability }) => probability >= NAMED_FAULT).map(({ name }) => name);
  if (BLURS.every((blur) => names.includes(blur))) names = [BLURRED, ...names.filter((name) => !BLURS.includes(name))];
  const words = names.map((name) => FAULTS[name] ?? name);
  return words.length > 1 ? `${words.slice(0, -1).join(", ")} and ${words.at(-1)}` : words.join("");
}

export const isNamed = ({ probability }) => probability >= NAMED_FAULT;
