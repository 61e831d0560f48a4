// crops/families.py: which boxes [left, top, right, bottom] a crop may be.
import { KNOWN } from "./known.js";
import { ascending, clamp, spread } from "./rounding.js";

const { smallest_side: SMALLEST_SIDE, grid_steps: GRID_STEPS } = KNOWN.crops;

/** The family of an aspect, such as "16:9", "own" or "free", in a photo of { width, height }. */
export function familyOf(size, aspect) {
  if (aspect === "free") return new FreeAspect(size);
  const [up, down] = aspect === "own" ? [size.width, size.height] : aspect.split(":").map(Number);
  return new FixedAspect(size, up, down);
}

const isIn = (starts, most) => starts.filter((start) => start >= 0 && start <= most);

class FixedAspect {
  constructor({ width, height }, up, down) {
    Object.assign(this, { width, height, isWide: up >= down });
    if (!this.isWide) [up, down] = [down, up];
    const [longLimit, shortLimit] = this.isWide ? [width, height] : [height, width];
    const fitting = Math.ceil(((2 * longLimit + 1) * down) / (2 * up)) - 1;
    this.longest = Math.max(1, Math.min(shortLimit, fitting));
    this.shortest = Math.max(1, Math.ceil(SMALLEST_SIDE * this.longest));
    this.longSide = (short) => Math.min(Math.floor((2 * short * up + down) / (2 * down)), longLimit);
    const [w, h] = this.#sides(this.longest);
    this.largest = { width: w, height: h };
    const step = Math.max(1, Math.floor(Math.max(width, height) / GRID_STEPS));
    this.firstSteps = [Math.max(1, Math.floor((this.longest - this.shortest) / GRID_STEPS)), step, step];
  }

  #sides(short) {
    const long = this.longSide(short);
    return this.isWide ? [long, short] : [short, long];
  }

  #boxes(startsX, startsY) {
    const boxes = [];
    for (const short of spread(this.shortest, this.longest, GRID_STEPS)) {
      const [w, h] = this.#sides(short), lefts = startsX(w);
      for (const top of startsY(h)) for (const left of lefts) boxes.push([left, top, left + w, top + h]);
    }
    return boxes;
  }

  /** Boxes spread evenly, the largest among them. */
  candidates() {
    const starts = (extent) => (side) => spread(0, extent - side, Math.ceil((GRID_STEPS * (extent - side)) / extent));
    return this.#boxes(starts(this.width), starts(this.height));
  }

  /** Boxes that begin or end at these columns and rows, or at the photo's edges. */
  touching(columns, rows) {
    const starts = (edges, extent) => (side) =>
      ascending(isIn([...edges, ...edges.map((edge) => edge - side), 0, extent - side], extent - side));
    return this.#boxes(starts(columns, this.width), starts(rows, this.height));
  }

  /** A box moved by few steps in all ways, itself the first. */
  neighbours([left, top, right, bottom], [stepShort, stepX, stepY]) {
    const boxes = [], short = this.isWide ? bottom - top : right - left;
    for (const grow of MORE) {
      const [w, h] = this.#sides(clamp(short + grow * stepShort, this.shortest, this.longest));
      const x = left + Math.floor((right - left - w) / 2), y = top + Math.floor((bottom - top - h) / 2);
      for (const across of FEW) {
        const l = clamp(x + across * stepX, 0, this.width - w);
        for (const down of FEW) {
          const t = clamp(y + down * stepY, 0, this.height - h);
          boxes.push([l, t, l + w, t + h]);
        }
      }
    }
    return boxes;
  }
}

// The rounded longer side makes scores jagged from one length to the next: reach past neighbours.
const FEW = [0, -1, 1, -2, 2], MORE = [0, -1, 1, -2, 2, -3, 3], ONE = [0, -1, 1];

class FreeAspect {
  constructor({ width, height }) {
    Object.assign(this, { width, height, largest: { width, height } });
    this.smallest = [width, height].map((side) => Math.max(1, Math.ceil(SMALLEST_SIDE * side)));
    const [x, y] = [width, height].map((side) => Math.max(1, Math.floor(side / GRID_STEPS)));
    this.firstSteps = [x, y, x, y];
  }

  candidates() {
    const [across, down] = [this.width, this.height].map((extent, axis) => {
      const knots = spread(0, extent, GRID_STEPS);
      return knots.flatMap((stop) => knots.map((start) => [start, stop])).filter(([start, stop]) => stop - start >= this.smallest[axis]);
    });
    return across.flatMap(([left, right]) => down.map(([top, bottom]) => [left, top, right, bottom]));
  }

  touching() { return []; } // the whole photo cuts nothing and is a candidate

  neighbours(box, steps) {
    const boxes = [], [leastX, leastY] = this.smallest;
    for (const a of ONE) for (const b of ONE) for (const c of ONE) for (const d of ONE) {
      const left = clamp(box[0] + a * steps[0], 0, this.width - leastX), top = clamp(box[1] + b * steps[1], 0, this.height - leastY);
      const right = clamp(box[2] + c * steps[2], left + leastX, this.width), bottom = clamp(box[3] + d * steps[3], top + leastY, this.height);
      boxes.push([left, top, right, bottom]);
    }
    return boxes;
  }
}
