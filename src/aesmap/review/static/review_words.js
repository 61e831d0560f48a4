// What is said of photographs, and agreement, in words.
import { decisionWords } from "./decisions.js";
import { count, percent } from "./elements.js";

/** What is said after its name to somebody who does not see a photograph. */
export function spoken(photo, decision, numAlike, proposed = 0, isUntold = false) {
  const score = photo.score === undefined ? "" : `score ${photo.score.toFixed(1)}`;
  const alike = numAlike ? `one of ${numAlike} alike${isUntold ? ", cannot be told from the best" : ""}` : "";
  const forecast = proposed ? `proposed: ${count(proposed, "star")}` : "";
  return [decisionWords(decision), forecast, score, photo.problem ?? "", alike].filter(Boolean).join(", ");
}

/** How often what was preferred within moments is what was proposed. */
export function agreementInWords({ num_decisions, num_moments, num_agreed, by_chance, low, high, num_cannot_tell }) {
  const untold = num_cannot_tell ? ` Of ${num_cannot_tell} more it could not be told which is better.` : "";
  if (!num_moments) return `${num_decisions} decisions, and no moment yet in which you prefer a frame to others and one was proposed.${untold}`;
  const whole = (share) => Math.round(100 * share);
  return `In ${num_agreed} of ${count(num_moments, "moment")} you prefer the proposed frame: ${percent(num_agreed / num_moments)} [${whole(low)}, ${whole(high)}], where chance gives ${percent(by_chance)}. You saw the proposals: this is no blind test.${untold}`;
}
