// explain/things.py: what may be named in a sentence, and where it is.
import { KNOWN } from "./known.js";
import { areaThere, heldBy } from "./regions.js";
import { sum } from "./rounding.js";

const { nouns, most: MOST, lift: LIFT, covers: COVERS, denser: DENSER, equal: EQUAL } = KNOWN.words;
export const nounOf = (name) => nouns[name];

/** Where an attribute is: cells at which its map plus its bias is above 0, in the network's own precision. */
export const whereIs = ({ map, bias }) => Array.from(map.cells, (cell) => Math.fround(cell + Math.fround(bias)) > 0);

/** The attributes that may be named, with their places: [{ name, there }]. */
export const placesOfThings = (said) => said.named.filter(({ name }) => name in nouns).map((one) => ({ name: one.name, there: whereIs(one) }));

/** The attribute whose place holds most of some amounts: { name, share }, or null. */
export function leadingAttribute(said, mass, isFirst, besides = null) {
  const places = placesOfThings(said), other = places.find(({ name }) => name === besides)?.there, total = sum(mass.cells);
  let best = null;
  for (const { name, there } of places) {
    const size = areaThere(there) * there.length;
    if (other && there.filter((isThere, i) => isThere && other[i]).length > size / 2) continue;
    const share = heldBy(mass.cells, there) / total, area = areaThere(there);
    const lift = !isFirst ? LIFT : area >= COVERS ? 1 : DENSER;
    if (share >= Math.max(MOST, lift * area) - EQUAL && (best === null || share - area > best.by + EQUAL)) best = { by: share - area, name, share };
  }
  return best;
}
