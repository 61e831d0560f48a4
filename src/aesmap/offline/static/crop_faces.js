// crops/framing.py: which frames a photograph with faces allows. A face is { box, head, eyes }.
import { KNOWN } from "./known.js";
import { ascending } from "./rounding.js";

const { most_faces: MOST_FACES, enough: ENOUGH } = KNOWN.crops;
const areaOf = ([left, top, right, bottom]) => (right - left) * (bottom - top);
const largestFaces = (faces, number) => [...faces].sort((a, b) => areaOf(b.box) - areaOf(a.box)).slice(0, number);

/** A rule that says of a box whether it may be the frame; `boxes` are some of the family's. */
export function allowedFrames(faces, boxes, largest) {
  const chosen = largestFaces(faces, MOST_FACES), areas = chosen.map(({ box }) => areaOf(box));
  const bare = chosen.map(({ box, eyes }) => fitting(box, middle(eyes, largest), largest));
  const heads = chosen.map(({ head }, i) => fitting(head, bare[i], largest));
  const withHeads = boxes.map((box) => keptAndCut(box, heads, areas)), withBare = boxes.map((box) => keptAndCut(box, bare, areas));
  const mostWhole = (found) => found.reduce((most, { kept, cut }) => (cut === 0 ? Math.max(most, kept) : most), 0);
  const most = mostWhole(withHeads), bareMost = mostWhole(withBare), isWhole = ({ cut }) => cut === 0;
  const best = withBare.reduce((most, { kept, cut }) => Math.max(most, kept - cut), -Infinity);
  const rule = (guarded, least) => (box) => {
    const { kept, cut } = keptAndCut(box, guarded, areas);
    return cut === 0 && kept >= least;
  };
  if (withHeads.some(isWhole) && most >= ENOUGH * Math.max(bareMost, best)) return rule(heads, most);
  if (withBare.some(isWhole) && bareMost >= ENOUGH * best) return rule(bare, bareMost);
  return (box) => {
    const { kept, cut } = keptAndCut(box, bare, areas);
    return kept - cut >= best;
  };
}

/** Columns and rows at which what is guarded of faces begins or ends, the largest first. */
export function faceEdges(faces, largest) {
  const boxes = largestFaces(faces, Math.floor(MOST_FACES / 4)).flatMap(({ head, box, eyes }) => [head, box, middle(eyes, largest)]);
  return [ascending(boxes.flatMap(([left, , right]) => [left, right])), ascending(boxes.flatMap(([, top, , bottom]) => [top, bottom]))];
}

function fitting(wanted, otherwise, { width, height }) {
  return wanted[2] - wanted[0] <= width && wanted[3] - wanted[1] <= height ? wanted : otherwise;
}

// The middle of a box, as much as the largest frame can hold.
function middle([left, top, right, bottom], largest) {
  const width = Math.min(right - left, largest.width), height = Math.min(bottom - top, largest.height);
  const x = left + Math.floor((right - left - width) / 2), y = top + Math.floor((bottom - top - height) / 2);
  return [x, y, x + width, y + height];
}

function keptAndCut([left, top, right, bottom], guarded, areas) {
  let kept = 0, cut = 0;
  for (const [i, [l, t, r, b]] of guarded.entries()) {
    if (left <= l && top <= t && right >= r && bottom >= b) kept += areas[i];
    else if (left < r && top < b && right > l && bottom > t) cut += areas[i];
  }
  return { kept, cut };
}
