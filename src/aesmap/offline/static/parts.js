// explain/parts.py: the evidence shared out among what a photograph shows.
import { whereIs } from "./things.js";
import { sum } from "./rounding.js";

/** Parts [{ name, evidence, area }], the largest amount first, whose evidence adds up to the mean of the map. */
export function partsOf(said) {
  if (said.reason === "unfamiliar" || !said.named.length) return [];
  const places = said.named.map(whereIs), { cells } = said.evidence;
  const shared = Array.from(cells, (_, i) => Math.max(places.reduce((count, there) => count + there[i], 0), 1));
  const meanOver = (there, value) => sum(Array.from(cells, (cell, i) => (there[i] ? value(cell) / shared[i] : 0))) / cells.length;
  const parts = said.named.map(({ name }, i) => ({ name, evidence: meanOver(places[i], (cell) => cell), area: meanOver(places[i], () => 1) }))
    .filter(({ area }) => area > 0).sort((a, b) => Math.abs(b.evidence) - Math.abs(a.evidence));
  const left = (key, whole) => whole - sum(parts.map((one) => one[key]));
  return [...parts, { name: "", evidence: left("evidence", said.meanEvidence), area: Math.max(0, left("area", 1)) }];
}
