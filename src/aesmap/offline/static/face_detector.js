// crops/faces.py: where faces are, so that a frame does not cut them; for framing alone.
import { KNOWN } from "./known.js";
import { reduce, resize } from "./pixels.js";
import { clamp, rounded } from "./rounding.js";

const { threshold: THRESHOLD, above: ABOVE, aside: ASIDE, eye_margin: EYE_MARGIN, side: SIDE, nearly: NEARLY, strides: STRIDES } = KNOWN.faces;
const { most_overlap: MOST_OVERLAP, most_candidates: MOST_CANDIDATES } = KNOWN.faces;

/**
 * The faces of a picture, [{ box, head, eyes }] in pixels of the photo's full size, the surest first.
 * `run` takes the detector's input, float32 (1,3,640,640), to its outputs by their names.
 */
export async function detectFaces(picture, fullSize, run) {
  const { width, height } = picture, small = atMost(picture);
  const pixels = new Float32Array(3 * SIDE * SIDE); // what the photo leaves of the square stays black
  for (let y = 0; y < small.height; y++) {
    for (let x = 0; x < small.width; x++) {
      for (let channel = 0; channel < 3; channel++) pixels[(channel * SIDE + y) * SIDE + x] = small.data[4 * (y * small.width + x) + 2 - channel];
    }
  }
  const across = (width / small.width) * (fullSize.width / width), down = (height / small.height) * (fullSize.height / height);
  return suppressed(decoded(await run(pixels))).map((found) => faceOf(found, across, down, fullSize));
}

// The picture with its longer side brought to what the detector takes, or to what is left of a whole reduction.
function atMost(picture) {
  const { width, height } = picture, longer = Math.max(height, width), reduction = Math.ceil(longer / SIDE), scale = SIDE / longer;
  if (reduction > 1 && longer >= NEARLY * SIDE * reduction) return reduce(picture, reduction);
  return resize(picture, Math.max(1, rounded(width * scale)), Math.max(1, rounded(height * scale)), "bilinear");
}

// Boxes, eyes and scores from the outputs of all strides, the highest score first.
function decoded(outputs) {
  const found = [];
  for (const stride of STRIDES) {
    const [classes, objects, offsets, points] = ["cls", "obj", "bbox", "kps"].map((kind) => outputs[`${kind}_${stride}`]);
    const cellsAcross = SIDE / stride;
    for (let i = 0; i < classes.length; i++) {
      const score = Math.sqrt(clamp(classes[i], 0, 1) * clamp(objects[i], 0, 1));
      if (score < THRESHOLD) continue;
      const cell = [i % cellsAcross, Math.floor(i / cellsAcross)];
      const [x, y] = cell.map((place, axis) => (place + offsets[4 * i + axis]) * stride);
      const [w, h] = [2, 3].map((axis) => (Math.exp(offsets[4 * i + axis]) * stride) / 2);
      const eyes = [0, 1].map((eye) => cell.map((place, axis) => (points[10 * i + 2 * eye + axis] + place) * stride));
      found.push({ box: [x - w, y - h, x + w, y + h], eyes, score });
    }
  }
  return found.sort((a, b) => b.score - a.score).slice(0, MOST_CANDIDATES);
}

// Those that no better one overlaps.
function suppressed(found) {
  const areaOf = ([left, top, right, bottom]) => (right - left) * (bottom - top);
  const kept = [];
  for (const one of found) {
    const isCovered = kept.some(({ box }) => {
      const w = Math.min(box[2], one.box[2]) - Math.max(box[0], one.box[0]), h = Math.min(box[3], one.box[3]) - Math.max(box[1], one.box[1]);
      const shared = Math.max(w, 0) * Math.max(h, 0);
      return shared > MOST_OVERLAP * (areaOf(box) + areaOf(one.box) - shared);
    });
    if (!isCovered) kept.push(one);
  }
  return kept;
}

function faceOf({ box, eyes }, across, down, size) {
  const [left, top, right, bottom] = box.map((edge, i) => edge * (i % 2 ? down : across));
  const xs = eyes.map(([x]) => x * across), ys = eyes.map(([, y]) => y * down), width = right - left;
  const aside = ASIDE * width, margin = EYE_MARGIN * width;
  return {
    box: clipped(left, top, right, bottom, size),
    head: clipped(left - aside, top - ABOVE * (bottom - top), right + aside, bottom, size),
    eyes: clipped(Math.min(...xs) - margin, Math.min(...ys) - margin, Math.max(...xs) + margin, Math.max(...ys) + margin, size),
  };
}

// Whole pixels, rounded outwards, inside the photo: at least one.
function clipped(left, top, right, bottom, { width, height }) {
  const x = Math.min(Math.max(0, Math.floor(left)), width - 1), y = Math.min(Math.max(0, Math.floor(top)), height - 1);
  return [x, y, Math.max(x + 1, Math.min(width, Math.ceil(right))), Math.max(y + 1, Math.min(height, Math.ceil(bottom)))];
}
