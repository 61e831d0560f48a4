// explain/uncoloured.py: faces are left out of colours and words.
import { rounded } from "./rounding.js";

const NOTHING = 1e-9;

/** The boxes of a photo's faces, [left, top, right, bottom] from 0 to 1. */
export const uncolouredBoxes = ({ faces, size: { width, height } }) =>
  faces.map(({ box }) => box.map((edge, i) => rounded((10_000 * edge) / (i % 2 ? height : width)) / 10_000));

/** The share of each cell of a map that no box covers, 0 to 1; where boxes overlap, by the larger. */
export function shareLeft(boxes, { height, width }) {
  const left = new Float64Array(height * width).fill(1);
  const inside = (number, start, stop) =>
    Array.from({ length: number }, (_, i) => Math.max(Math.min((i + 1) / number, stop) - Math.max(i / number, start), 0) * number);
  for (const [x, y, right, bottom] of boxes) {
    const down = inside(height, y, bottom), across = inside(width, x, right);
    for (let i = 0; i < left.length; i++) left[i] = Math.min(left[i], 1 - down[Math.floor(i / width)] * across[i % width]);
  }
  return left.map((share) => (share < NOTHING ? 0 : share)); // what rounding leaves of a cell that is all face
}
