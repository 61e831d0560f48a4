// explain/peak.py and model/things.py: the thing under the peak of what carries an assessment.
import { KNOWN } from "./known.js";
import { mean } from "./maps.js";
import { sum } from "./rounding.js";

const { reach: REACH } = KNOWN.words;

/** What is under the peak of some amounts: { name, cellOf(map) }, or null where nothing is sure. */
export function thingUnderPeak({ things }, leading, beside) {
  const heads = KNOWN.model.things;
  if (!things?.length || heads === null) return null;
  const fine = { ...leading, cells: leading.cells.map((amount, i) => amount * beside[i]) };
  const total = sum(fine.cells);
  if (!(total > 0) || total < sum(leading.cells) / 2) return null;
  const { height, width } = things[0], mass = coarser(fine, height, width), [row, column] = peakOf(mass);
  let best = null;
  things.forEach((map, i) => {
    const score = (around(map, row, column) + mean(map)) / 2 + heads.bias[i];
    if (best === null || score > best.score) best = { name: heads.names[i], score };
  });
  if (best.score < heads.threshold || heads.unnamed.includes(best.name)) return null;
  const cellOf = (map) => Math.floor(((row + 0.5) / height) * map.height) * map.width + Math.floor(((column + 0.5) / width) * map.width);
  return { name: best.name, cellOf };
}

function peakOf(mass) {
  let best = [0, 0], most = -1;
  for (let row = 0; row < mass.height; row++) {
    for (let column = 0; column < mass.width; column++) {
      const amount = around(mass, row, column);
      if (amount > most) [best, most] = [[row, column], amount];
    }
  }
  return best;
}

// The mean over a cell and its neighbours.
function around({ cells, height, width }, row, column) {
  let total = 0, count = 0;
  for (let y = Math.max(0, row - REACH); y <= Math.min(height - 1, row + REACH); y++) {
    for (let x = Math.max(0, column - REACH); x <= Math.min(width - 1, column + REACH); x++) { total += cells[y * width + x]; count++; }
  }
  return total / count;
}

// Amounts on a grid of which each cell holds a block of them.
function coarser(mass, height, width) {
  if (mass.height === height && mass.width === width) return mass;
  const down = mass.height / height, across = mass.width / width, cells = new Float64Array(height * width);
  mass.cells.forEach((amount, i) => {
    const row = Math.floor(Math.floor(i / mass.width) / down), column = Math.floor((i % mass.width) / across);
    cells[row * width + column] += amount / (down * across);
  });
  return { cells, height, width };
}
