// crops/search.py and crops/scoring.py: the box of an aspect that a person would likeliest choose.
import { allowedFrames, faceEdges } from "./crop_faces.js";
import { familyOf } from "./crop_families.js";
import { KNOWN } from "./known.js";
import { footprintWeights, mean } from "./maps.js";

const { weights: WEIGHTS, noise_floor: NOISE_FLOOR, clear_gain: CLEAR_GAIN, num_starts: NUM_STARTS, smallest_gain: SMALLEST_GAIN } = KNOWN.crops;

/** The best box of an aspect that cuts no face, to the pixel. `said` is what assess() gives. */
export function searchBox(said, aspect) {
  const { size, faces } = said, value = valueMap(said), flip = flipsOf(value), mirrored = (box) => mirror(box, size, flip);
  const family = familyOf(size, aspect), score = scoring(flipped(value, flip), size);
  let boxes = family.candidates(), allowed = () => true;
  if (faces.length) {
    const turned = faces.map(({ box, head, eyes }) => ({ box: mirrored(box), head: mirrored(head), eyes: mirrored(eyes) }));
    boxes = [...boxes, ...family.touching(...faceEdges(turned, family.largest))];
    allowed = allowedFrames(turned, boxes, family.largest);
    boxes = boxes.filter(allowed);
  }
  const scored = boxes.map((box) => ({ box, score: score(box) })).sort((a, b) => b.score - a.score);
  let best = climb(family, scored.slice(0, NUM_STARTS), (box) => (allowed(box) ? score(box) : -Infinity));
  const whole = [0, 0, size.width, size.height], { width, height } = family.largest;
  if (width === size.width && height === size.height && allowed(whole) && score(best) - score(whole) < CLEAR_GAIN) best = whole;
  return mirrored(best);
}

// What is summed inside a box: activity and evidence, centred and free of scale.
function valueMap({ evidence, activity, attributes }) {
  const scaled = ({ cells }) => {
    const size = Math.max(mean({ cells: cells.map(Math.abs) }), NOISE_FLOOR);
    return Float64Array.from(cells, (cell) => cell / size);
  };
  const centred = (cells) => { const middle = mean({ cells }); return cells.map((cell) => cell - middle); };
  const signed = centred(scaled(evidence));
  let active;
  if (activity !== null) active = centred(scaled(activity));
  else {
    const maps = [evidence, ...attributes.map(({ map }) => map)].map(scaled);
    active = centred(signed.map((_, i) => Math.sqrt(maps.reduce((total, cells) => total + cells[i] ** 2, 0) / maps.length)));
  }
  return { ...evidence, cells: active.map((cell, i) => WEIGHTS.activity * cell + WEIGHTS.evidence * signed[i]) };
}

function flipped({ cells, height, width }, [isRows, isColumns]) {
  const at = (row, column) => (isRows ? height - 1 - row : row) * width + (isColumns ? width - 1 - column : column);
  return { height, width, cells: cells.map((_, i) => cells[at(Math.floor(i / width), i % width)]) };
}

// Of the mirror images of a map the one that comes last in the order of its cells: mirrored maps give mirrored boxes.
function flipsOf(value) {
  let best = null;
  for (const flip of [[false, false], [false, true], [true, false], [true, true]]) {
    const { cells } = flipped(value, flip), differs = best === null ? 0 : cells.findIndex((cell, i) => cell !== best.cells[i]);
    if (best === null || (differs >= 0 && cells[differs] > best.cells[differs])) best = { flip, cells };
  }
  return best.flip;
}

function mirror([left, top, right, bottom], { width, height }, [isRows, isColumns]) {
  if (isColumns) [left, right] = [width - right, width - left];
  if (isRows) [top, bottom] = [height - bottom, height - top];
  return [left, top, right, bottom];
}

// The score of boxes: a prior of where people crop, and what the map holds inside.
function scoring(value, { width, height }) {
  const rows = cumulative(value.height, height), columns = cumulative(value.width, width), { cells } = value;
  const inside = ([left, top, right, bottom]) => {
    let total = 0;
    for (let row = 0; row < value.height; row++) {
      let along = 0;
      for (let column = 0; column < value.width; column++) {
        along += cells[row * value.width + column] * (columns[right * value.width + column] - columns[left * value.width + column]);
      }
      total += (rows[bottom * value.height + row] - rows[top * value.height + row]) * along;
    }
    return total;
  };
  return (box) => {
    const left = box[0] / width, top = box[1] / height, right = box[2] / width, bottom = box[3] / height, area = (right - left) * (bottom - top);
    return WEIGHTS.area * area + WEIGHTS.area_squared * area ** 2 - WEIGHTS.offset_x * ((left + right - 1) / 2) ** 2
      - WEIGHTS.offset_y * ((top + bottom - 1) / 2) ** 2 - WEIGHTS.stretch * Math.log((right - left) / (bottom - top)) ** 2 + 2 * inside(box);
  };
}

// The shares of the first 0, 1, 2 ... pixels in each cell's part of the mean.
function cumulative(numCells, numPixels) {
  const table = new Float64Array((numPixels + 1) * numCells);
  for (const [pixel, { first, weights }] of footprintWeights(numCells, numPixels).entries()) {
    table.copyWithin((pixel + 1) * numCells, pixel * numCells, (pixel + 1) * numCells);
    weights.forEach((weight, i) => { table[(pixel + 1) * numCells + first + i] += weight; });
  }
  return table.map((total) => total / numPixels);
}

// A pattern search from the best of the coarse grid, with steps that halve down to single pixels.
function climb(family, starts, score) {
  let steps = family.firstSteps;
  for (;;) {
    let isBetter = false;
    for (const start of starts) {
      let best = { score: -Infinity };
      for (const box of family.neighbours(start.box, steps)) {
        const reached = score(box);
        if (reached > best.score) best = { box, score: reached };
      }
      if (best.score > start.score + SMALLEST_GAIN) {
        Object.assign(start, best);
        isBetter = true;
      }
    }
    if (isBetter) continue;
    if (Math.max(...steps) === 1) break;
    steps = steps.map((step) => Math.max(Math.floor(step / 2), 1));
  }
  return starts.reduce((best, one) => (one.score > best.score ? one : best)).box;
}
