// explain/crop_words.py: what a crop gains or loses, in words.
import { KNOWN } from "./known.js";
import { mean } from "./maps.js";
import { asPercentage, phrase } from "./phrases.js";
import { boxWeights, placeOf } from "./regions.js";
import { clamp, signedTenths } from "./rounding.js";
import { leadingAttribute, nounOf } from "./things.js";

const { notable: NOTABLE, least_named: LEAST_NAMED } = KNOWN.crops;

/** Words for a box of a photo; `after` is P(high) of the crop, null for one too small to judge. */
export function cropWords(said, box, after) {
  const before = asPercentage(said.p_high), { width, height } = said.size;
  if (String(box) === String([0, 0, width, height])) return phrase("whole", { before });
  let words;
  if (after === null) words = phrase("too small", { before });
  else {
    const change = after - said.p_high, isLittle = Math.abs(change) < NOTABLE;
    words = phrase(isLittle ? "changes little" : change > 0 ? "gains" : "loses", { before, after: asPercentage(after) });
    const gone = isLittle ? null : whatGoes(said, box, change);
    if (gone !== null) words = phrase("what goes", { said: words, what: gone.name, amount: signedTenths(gone.amount) });
  }
  const about = aboutFaces(box, said.faces);
  return about ? phrase(about, { said: words }) : words;
}

function whatGoes(said, box, change) {
  const { evidence, size } = said, { rows, columns } = boxWeights(evidence, size, box), sign = change < 0 ? 1 : -1;
  const inRow = rows.map((weight) => (weight * evidence.height) / size.height), inColumn = columns.map((weight) => (weight * evidence.width) / size.width);
  const mass = { ...evidence, cells: Float64Array.from(evidence.cells, (cell, i) => {
    const inside = inRow[Math.floor(i / evidence.width)] * inColumn[i % evidence.width];
    return Math.max(sign * cell * (1 - clamp(inside, 0, 1)), 0);
  }) };
  if (mean(mass) < LEAST_NAMED) return null;
  const found = leadingAttribute(said, mass, false);
  if (found !== null) return { name: nounOf(found.name), amount: sign * found.share * mean(mass) };
  const { region, share } = placeOf(mass);
  return { name: region.area === 1 ? phrase("around") : region.name, amount: sign * share * mean(mass) };
}

// Whether a face is cut or left out; never how many.
function aboutFaces([left, top, right, bottom], faces) {
  let about = "";
  for (const { box: [l, t, r, b] } of faces) {
    if (Math.min(right, r) <= Math.max(left, l) || Math.min(bottom, b) <= Math.max(top, t)) about = "left out";
    else if (!(left <= l && top <= t && right >= r && bottom >= b)) return "cut";
  }
  return about;
}
