// Numbers in words; the assessment itself comes in words from core/wording.py.
import { isKnown, writtenSum } from "./elements.js";
import { mean } from "./maps.js";
import { hasMaps, mapOf, photos } from "./report_data.js";

export const VIEWS = !hasMaps ? [["photo", "Photo"]] : [
  ["photo", "Photo"], ["evidence", "Evidence"], ["within", "Within"], ["high", "High"], ["low", "Low"], ["attribute", "Attribute"],
  ...(photos.some(({ technical }) => technical !== null) ? [["technical", "Technical"]] : []),
];
export const CROP_NAMES = Object.fromEntries(Object.keys(photos[0]?.crops ?? {}).map((name) => [name, name === "own" ? "own aspect" : name]));

/** The sum that makes an assessment, as written, and the exact logit. */
export function sumOf(photo) {
  const exact = mean(mapOf(photo)) + photo.bias;
  return { ...writtenSum(exact, photo.bias), exact };
}

export function alternative(photo) {
  if (!isKnown(photo.doubt)) return `${photo.name}: unfamiliar`;
  const seen = photo.named;
  return `${photo.name}: score ${photo.score.toFixed(1)}, ${photo.level}${seen.length ? `, ${seen.join(", ")}` : ""}`;
}

/** A date and time by the camera's clock, as text. */
export const taken = (photo) => photo.taken.replace("T", " ").slice(0, 19);
