// assessing.py: from the network's output to what is said of a photograph, in the shape of the service's answer.
import { KNOWN } from "./known.js";
import { mean } from "./maps.js";
import { partsOf } from "./parts.js";
import { sigmoid, sum } from "./rounding.js";
import { uncolouredBoxes } from "./uncoloured.js";
import { describe } from "./words.js";

const { model } = KNOWN;

/** Levels of the votes 1 to 10 for a logit, by a rating model: { score, spread, distribution }. */
export function ratingOf(logit, { slope, thresholds }) {
  const above = thresholds.map((threshold) => sigmoid(slope * logit - threshold));
  const distribution = [...above, 0].map((next, i) => (i === 0 ? 1 : above[i - 1]) - next);
  const score = 1 + sum(above), middle = sum(distribution.map((share, i) => share * (i + 1)));
  return { score, spread: Math.sqrt(sum(distribution.map((share, i) => share * (i + 1 - middle) ** 2))), distribution };
}

/** Per cent of ordinary photographs with a lower score, 1 to 99. */
export function betterThan(score, { score: percentiles }) {
  const last = percentiles.length - 1;
  if (score <= percentiles[0]) return 1;
  if (score >= percentiles[last]) return last + 1;
  let low = 0;
  while (percentiles[low + 1] <= score) low++;
  return Math.floor((1 / (percentiles[low + 1] - percentiles[low])) * (score - percentiles[low]) + low + 1);
}

/**
 * What is said of one photograph.
 *
 * `given` has the network's maps: evidence, activity (or null), attributes, technical and things (lists). `about` has the
 * photo's width and height, whether it is `familiar`, its `highlights` and its `faces`.
 */
export function assess(given, { width, height, familiar, highlights, faces }) {
  const bias = model.level_bias, meanEvidence = mean(given.evidence), logit = meanEvidence + bias;
  const reason = !familiar ? "unfamiliar" : Math.abs(logit) < model.close_below ? "close" : "";
  const attributes = model.attributes.map(({ name, bias: own, threshold }, i) => {
    const map = given.attributes[i];
    return { name, bias: own, threshold, map, probability: sigmoid(mean(map) + own) };
  }).sort((a, b) => b.probability - a.probability);
  const named = reason === "unfamiliar" ? [] : attributes.filter(({ probability, threshold }) => threshold !== null && probability >= threshold);
  const rating = ratingOf(logit, model.rating_model), technical = technicalOf(given.technical, highlights);
  return {
    size: { width, height }, faces, logit, bias, meanEvidence, p_high: sigmoid(logit), level: logit > 0 ? "high" : "low", reason,
    evidence: given.evidence, activity: given.activity, attributes, named, technical, things: reason === "unfamiliar" ? null : given.things, ...rating,
    betterThan: reason === "unfamiliar" || model.reference === null ? null : betterThan(rating.score, model.reference),
  };
}

function technicalOf(maps, highlights) {
  if (model.technical === null) return null;
  const { bias, rating_model: rating, dark_below: darkBelow, faults } = model.technical;
  const logit = mean(maps[0]) + bias;
  const heads = faults.map((fault, i) => ({ ...fault, map: maps[i + 1], logit: mean(maps[i + 1]) + fault.bias }));
  const named = heads.filter((head) => head.logit >= head.threshold && (head.name !== KNOWN.words.too_dark || highlights < darkBelow))
    .map((head) => ({ ...head, probability: sigmoid(head.logit) })).sort((a, b) => b.probability - a.probability);
  return { score: ratingOf(logit, rating).score, p: sigmoid(logit), bias, map: maps[0], heads, faults: named };
}

/** The 99th percentile of the luma of a picture, 0 to 255. */
export function highlightsOf({ data }) {
  const counts = new Float64Array(256);
  for (let i = 0; i < data.length; i += 4) counts[(77 * data[i] + 150 * data[i + 1] + 29 * data[i + 2]) >> 8]++;
  const wanted = 0.99 * (data.length / 4);
  let seen = 0, level = 0;
  for (; level < 255 && (seen += counts[level]) < wanted; level++);
  return level;
}

/** The answer of `POST /v1/assess?maps=true`. */
export function answerOf(said) {
  const { technical, size } = said, entries = (list, value) => Object.fromEntries(list.map((one) => [one.name, value(one)]));
  const headed = ({ bias, map }) => ({ bias, values: rowsOf(map) });
  return {
    ...size, level: said.level, p_high: said.p_high, score: said.score, spread: said.spread, uncertain: said.reason !== "",
    uncertain_reason: said.reason, attributes: entries(said.attributes, ({ probability }) => probability),
    technical: technical?.score ?? null, technical_p: technical?.p ?? null,
    faults: technical && entries(technical.faults, ({ probability }) => probability), model: model.id,
    logit: said.logit, mean_evidence: said.meanEvidence, bias: said.bias, distribution: said.distribution,
    parts: partsOf(said), better_than: said.betterThan, words: describe(said),
    maps: {
      height: said.evidence.height, width: said.evidence.width, evidence: rowsOf(said.evidence), bias: said.bias,
      // In the manifest's order, which is that of the network.
      attributes: Object.fromEntries(model.attributes.map(({ name }) => [name, headed(said.attributes.find((one) => one.name === name))])),
      technical: technical === null ? {} : { technical: headed(technical), ...entries(technical.heads, headed) },
      uncoloured: uncolouredBoxes(said),
      activity: said.activity === null ? null : rowsOf(said.activity),
    },
    crops: null,
  };
}

function rowsOf({ cells, height, width }) {
  return Array.from({ length: height }, (_, row) => Array.from(cells.subarray(row * width, (row + 1) * width)));
}
