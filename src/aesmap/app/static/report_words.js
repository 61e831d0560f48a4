// Numbers in words; the verdict itself comes in words from core/wording.py.
import { mean } from "./maps.js";
import { mapOf } from "./report_data.js";

export const VIEWS = [
  ["photo", "Photo"], ["evidence", "Evidence"], ["high", "High"], ["low", "Low"], ["attribute", "Attribute"],
];
export const CROP_NAMES = { own: "own aspect", "1:1": "1:1", "4:5": "4:5", "16:9": "16:9", "9:16": "9:16" };
const REASONS = {
  close: "Close: the evidence for and against is nearly even, so it could go either way.",
  unfamiliar: "Unfamiliar: too small, too flat or too noisy to resemble the photographs the model knows.",
};

export const reason = (photo) => REASONS[photo.doubt] ?? "";
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;

/** 68 %; nothing that is not certain is written as 0 % or 100 %. */
export function percent(share) {
  const rounded = Math.round(100 * share);
  if (rounded === 0 && share > 0) return "< 1 %";
  return rounded === 100 && share < 1 ? "> 99 %" : `${rounded} %`;
}

export const signed = (number) => `${number < 0 ? "−" : "+"}${Math.abs(number).toFixed(2)}`;

/** mean + bias = logit as written: the logit and the bias are rounded, the mean is what they leave. */
export function sumOf(photo) {
  const round = (number) => Math.round(100 * number) / 100;
  const exact = mean(mapOf(photo)) + photo.bias;
  const [logit, bias] = [round(exact), round(photo.bias)];
  return { mean: signed(logit - bias), bias: signed(bias), logit: signed(logit), exact };
}

export function alternative(photo) {
  const seen = photo.attributes.filter(([, p]) => p >= 0.5).map(([name]) => name);
  return `${photo.name}: score ${photo.score.toFixed(1)}, ${photo.level}${seen.length ? `, ${seen.join(", ")}` : ""}`;
}

/** A date and time by the camera's clock, as text. */
export const taken = (photo) => photo.taken.replace("T", " ").slice(0, 19);
