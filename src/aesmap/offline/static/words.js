// explain/text.py and explain/headline.py: an assessment in words. Phrases and bounds are Python's own (known.js).
import { KNOWN } from "./known.js";
import { mean } from "./maps.js";
import { asPercentage, faultWords, isNamed, phrase } from "./phrases.js";
import { thingUnderPeak } from "./peak.js";
import { inPixels, mostUnlike, placeOf, WHOLE } from "./regions.js";
import { rounded, sigmoid, sum } from "./rounding.js";
import { leadingAttribute, nounOf, placesOfThings } from "./things.js";
import { shareLeft, uncolouredBoxes } from "./uncoloured.js";

const { little: LITTLE, slight: SLIGHT, nearly: NEARLY, spread: SPREAD, no_part: NO_PART } = KNOWN.words;
const { same: SAME } = KNOWN.words;
const { very: VERY, likely: LIKELY, top: TOP, middle: MIDDLE } = KNOWN.words;

/** { text, headline, faults, statements }, as the service answers. */
export function describe(said) {
  const headline = headlineOf(said);
  if (said.reason === "unfamiliar") return wording(headline, [], "");
  const faults = said.technical === null ? "" : faultsInWords(said.technical);
  const { evidence, bias } = said;
  const amounts = (value) => ({ ...evidence, cells: Float64Array.from(evidence.cells, (cell) => Math.max(value(cell), 0)) });
  const masses = { for: amounts((cell) => Math.min(cell, cell + bias)), against: amounts((cell) => -Math.max(cell, cell + bias)) };
  const means = { for: mean(masses.for), against: mean(masses.against) }, total = means.for + means.against;
  const statements = start(said);
  if (total <= 0) return wording(headline, [...statements, statement(phrase("nothing"), "start", 1)], faults);
  const beside = shareLeft(uncolouredBoxes(said), evidence);
  const contrast = mostUnlike(withoutFaces(evidence, beside), placesOfThings(said).filter(({ name }) => !NO_PART.includes(name)));

  const isCarried = !statements.length && said.reason === "" && said.level === "high";
  let [first, second] = said.logit > 0 ? ["for", "against"] : ["against", "for"];
  let thing = thingUnderPeak(said, masses[first], beside);
  if (said.reason !== "" && means[second] > means[first]) [first, second, thing] = [second, first, null];
  let other = null, isMerged = false;
  for (const side of [first, second]) {
    const mass = { ...evidence, cells: masses[side].cells.map((amount, i) => amount * beside[i]) };
    if (means[side] < LITTLE * total || mean(mass) < means[side] / 2) continue; // it is on faces
    let found = sideStatement(said, side, mass, isCarried && side === "for", other);
    if (other !== null) found = measured(found, means[second] / means[first]);
    if (contrast !== null && isOf(found, contrast, said)) {
      found = merged(found, contrast);
      isMerged = true;
    }
    if (thing !== null && side === first) found = atThing(found, thing, said);
    other ??= found;
    statements.push(found);
  }
  if (contrast !== null && !isMerged) statements.push(contrastStatement(said, contrast));
  else if (contrast === null && Math.min(means.for, means.against) < LITTLE * total) statements.push(statement(phrase("even"), "contrast", 0));
  return wording(headline, statements, faults);
}

// Evidence with that of faces replaced by the mean of what lies beside them.
function withoutFaces(evidence, beside) {
  const room = sum(beside), middle = room ? sum(beside.map((share, i) => evidence.cells[i] * share)) / room : 0;
  return { ...evidence, cells: beside.map((share, i) => evidence.cells[i] * share + middle * (1 - share)) };
}

const statement = (text, side, share, box = null, attribute = null) => ({ text, side, share, box, attribute, thing: null });

function wording(headline, statements, faults) {
  const clauses = statements.filter(({ side }) => side !== "contrast").map(({ text }) => text).join("; ");
  const contrasts = statements.filter(({ side }) => side === "contrast").map(({ text }) => text);
  const sentences = [faults, headline, clauses, ...contrasts].filter((text) => text);
  return {
    text: sentences.map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`).join(" "), headline, faults,
    statements: statements.map((one) => ({ ...one, share: rounded(10_000 * one.share) / 10_000 })),
  };
}

function headlineOf({ p_high, level, reason, betterThan }) {
  if (reason === "unfamiliar") return phrase("unfamiliar", { share: asPercentage(p_high) });
  const rank = betterThan === null ? "" : rankInWords(betterThan);
  if (reason === "close") return phrase("close", { share: asPercentage(p_high), rank });
  const probability = level === "high" ? p_high : 1 - p_high;
  const likely = probability >= VERY ? "very" : probability >= LIKELY ? "likely" : "rather";
  return phrase(`${likely} ${level}`, { share: asPercentage(probability), rank });
}

function rankInWords(better) {
  const name = better >= TOP ? "best" : better > MIDDLE[1] ? "better" : better >= MIDDLE[0] ? "middle" : better > 100 - TOP ? "worse" : "lowest";
  return phrase(name, { better, other: 100 - better });
}

function faultsInWords({ faults }) {
  const words = faultWords(faults), sure = faults.filter(isNamed);
  if (sure.length !== 1) return words;
  const { map, bias } = sure[0];
  const mass = { ...map, cells: Float64Array.from(map.cells, (cell) => Math.max(Math.fround(cell + Math.fround(bias)), 0)) };
  if (!mass.cells.some((cell) => cell)) return words;
  const place = placeOf(mass);
  return place.holds ? phrase("faults", { faults: words, place: place.region.name }) : words;
}

// What the model says before it looks, where that decides rather than the evidence.
function start({ bias, logit, reason }) {
  const toward = logit > 0 ? 1 : -1;
  if (reason !== "" || toward * (logit - bias) > 0) return [];
  const share = sigmoid(toward * bias);
  return [statement(phrase("start", { share: asPercentage(share) }), "start", share)];
}

function sideStatement(said, side, mass, carries, other) {
  const verb = phrase(carries ? "carries" : side), found = leadingAttribute(said, mass, other === null, other?.attribute ?? null);
  if (found !== null) return statement(phrase("side", { what: nounOf(found.name), verb }), side, found.share, null, found.name);
  const place = placeOf(mass), box = place.region === WHOLE ? null : inPixels(place.region, said.size);
  let text;
  if (other !== null && box !== null && String(box) === String(other.box)) text = phrase("there too", { verb: phrase(side) });
  else if (place.holds) text = phrase("side", { what: place.region.name, verb });
  else if (place.region !== WHOLE) text = phrase("spread, strongest", { verb: phrase(side), place: place.region.name });
  else if (mass.cells.filter((cell) => cell > 0).length / mass.cells.length >= 1 - LITTLE) text = phrase("side", { what: WHOLE.name, verb });
  else text = phrase("spread", { verb: phrase(side) });
  return statement(text, side, place.share, box);
}

function measured(said, ratio) {
  if (said.text.startsWith(SPREAD) || (SLIGHT <= ratio && ratio < NEARLY)) return said;
  return { ...said, text: phrase(ratio < SLIGHT ? "a little" : "nearly as much", { said: said.text }) };
}

function isOf(found, contrast, said) {
  if (contrast.difference > 0 !== (found.side === "for")) return false;
  if (contrast.region) return String(found.box) === String(inPixels(contrast.region, said.size));
  return found.attribute === contrast.thing;
}

function merged(found, contrast) {
  if (found.text.startsWith(SPREAD)) return found;
  return { ...found, text: phrase(contrast.rest / contrast.inside > LITTLE ? "more than the rest" : "unlike the rest", { said: found.text }) };
}

// Add what is under the peak, or say it in place of what it is an example of.
function atThing(found, { name: thing, cellOf }, said) {
  if (SAME.includes(found.attribute)) {
    const { there } = placesOfThings(said).find(({ name }) => name === found.attribute);
    if (there[cellOf(said.evidence)]) return { ...found, thing, text: found.text.replace(nounOf(found.attribute), phrase("thing", { thing })) };
  }
  const isPlaced = found.text.includes(","), isSpread = found.text.startsWith(SPREAD);
  const how = isSpread ? (isPlaced ? "strongest there, at thing" : "strongest at thing") : isPlaced ? "and at thing" : "at thing";
  return { ...found, thing, text: phrase(how, { said: found.text, thing }) };
}

function contrastStatement(said, contrast) {
  const part = contrast.region?.name ?? nounOf(contrast.thing), box = contrast.region ? inPixels(contrast.region, said.size) : null;
  return statement(phrase("contrast", { part, amount: amountOf(contrast, said.bias) }), "contrast", contrast.explained, box, contrast.thing ?? null);
}

function amountOf({ inside, difference }, bias) {
  const isMore = difference > 0;
  if (inside > 0 !== inside + bias > 0) return phrase(isMore ? "more" : "less", { verb: phrase("evidence") });
  const side = inside > 0 ? "for" : "against";
  return phrase(isMore === (side === "for") ? "more" : "less", { verb: phrase(side) });
}
