// Numbers in words; the verdict itself comes in words from core/wording.py.
import { writtenSum } from "./elements.js";
import { mean } from "./maps.js";
import { mapOf } from "./report_data.js";

export const VIEWS = [
  ["photo", "Photo"], ["evidence", "Evidence"], ["within", "Within"], ["high", "High"], ["low", "Low"], ["attribute", "Attribute"],
];
export const CROP_NAMES = { own: "own aspect", "1:1": "1:1", "4:5": "4:5", "16:9": "16:9", "9:16": "9:16" };

/** The sum that makes a verdict, as written, and the exact logit. */
export function sumOf(photo) {
  const exact = mean(mapOf(photo)) + photo.bias;
  return { ...writtenSum(exact, photo.bias), exact };
}

export function alternative(photo) {
  const seen = photo.named;
  return `${photo.name}: score ${photo.score.toFixed(1)}, ${photo.level}${seen.length ? `, ${seen.join(", ")}` : ""}`;
}

/** A date and time by the camera's clock, as text. */
export const taken = (photo) => photo.taken.replace("T", " ").slice(0, 19);
