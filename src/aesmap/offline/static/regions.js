// explain/regions.py and explain/contrast.py: where in a picture something lies, and what is unlike the rest.
import { KNOWN } from "./known.js";
import { footprintWeights, mean } from "./maps.js";
import { rounded } from "./rounding.js";

const { grid: GRID, regions: NAMES, whole, most: MOST, lift: LIFT, leaning: LEANING, equal: EQUAL } = KNOWN.words;
const { least_explained: LEAST_EXPLAINED, least_difference: LEAST_DIFFERENCE, thing_first: THING_FIRST } = KNOWN.words;

const inSteps = (value) => rounded(value / EQUAL); // what differs by less is equal
const areaOf = ([left, top, right, bottom]) => (right - left) * (bottom - top);
const region = ([name, box]) => ({ name, box, area: areaOf(box) / (GRID * GRID) });
export const REGIONS = NAMES.map(region);
export const WHOLE = region(whole);

/** A region in whole pixels of a picture, at least one each way. */
export function inPixels({ box: [l, t, r, b] }, { width, height }) {
  const left = Math.min(Math.floor((l * width) / GRID), width - 1), top = Math.min(Math.floor((t * height) / GRID), height - 1);
  return [left, top, Math.max(left + 1, rounded((r * width) / GRID)), Math.max(top + 1, rounded((b * height) / GRID))];
}

// Sums of the weights of pixels start to stop, for each cell of a row.
function spanWeights(cells, pixels, start, stop) {
  const sums = new Float64Array(cells);
  footprintWeights(cells, pixels).slice(start, stop).forEach(({ first, weights }) => weights.forEach((weight, i) => { sums[first + i] += weight; }));
  return sums;
}

/** Weights of a box of a picture: { rows, columns }, for each row and each column of cells. */
export const boxWeights = ({ height, width }, size, [left, top, right, bottom]) =>
  ({ rows: spanWeights(height, size.height, top, bottom), columns: spanWeights(width, size.width, left, right) });

/** What a box adds to the mean of a map at full size. */
export function boxShare(map, size, box) {
  const { rows, columns } = boxWeights(map, size, box);
  let total = 0;
  for (let row = 0; row < map.height; row++) {
    let along = 0;
    for (let column = 0; column < map.width; column++) along += map.cells[row * map.width + column] * columns[column];
    total += rows[row] * along;
  }
  return total / (size.width * size.height);
}

const shareIn = (map, { box }) => boxShare(map, { width: GRID, height: GRID }, box);

/** Where a map of amounts mostly lies: { region, share, holds }. */
export function placeOf(mass) {
  const total = mean(mass);
  const ranked = REGIONS.map((one) => ({ region: one, share: shareIn(mass, one) / total }))
    .sort((a, b) => inSteps(a.region.area - a.share) - inSteps(b.region.area - b.share));
  const held = ranked.find(({ region: { area }, share }) => share >= Math.max(MOST, LIFT * area) - EQUAL);
  if (held) return { ...held, holds: true };
  const [first] = ranked;
  return first.share - first.region.area >= LEANING ? { ...first, holds: false } : { region: WHOLE, share: 1, holds: false };
}

/** The part of a photo, of the regions and of `things` [{ name, there }], that is most unlike the rest; or null. */
export function mostUnlike(evidence, things) {
  const { cells } = evidence, middle = mean(evidence);
  let variance = 0;
  for (const cell of cells) variance += (cell - middle) ** 2;
  variance /= cells.length;
  if (variance === 0) return null;
  const part = (named, area, held) => {
    const inside = held / area, rest = (middle - held) / (1 - area);
    return { ...named, inside, rest, difference: inside - rest, explained: Math.min(1, (area * (1 - area) * (inside - rest) ** 2) / variance) };
  };
  const better = (best, one) => (best === null || inSteps(one.explained) > inSteps(best.explained) ? one : best);
  let best = REGIONS.map((one) => part({ region: one }, one.area, shareIn(evidence, one))).reduce(better, null);
  const found = things.map(({ name, there }) => ({ name, area: areaThere(there), held: heldBy(cells, there) / cells.length }))
    .filter(({ area }) => area > 0 && area < 1);
  const thing = found.map(({ name, area, held }) => part({ thing: name }, area, held)).reduce(better, null);
  if (thing !== null && thing.explained >= THING_FIRST * best.explained) best = thing;
  return best.explained >= LEAST_EXPLAINED && Math.abs(best.difference) >= LEAST_DIFFERENCE ? best : null;
}

/** The share of a picture that a place, [true or false for each cell], has. */
export const areaThere = (there) => there.reduce((count, isThere) => count + isThere, 0) / there.length;
/** The sum of the cells of a place. */
export const heldBy = (cells, there) => there.reduce((total, isThere, i) => (isThere ? total + cells[i] : total), 0);
