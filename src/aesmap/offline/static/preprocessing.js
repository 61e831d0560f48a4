// model/preprocess.py: from a photo's pixels to what the network sees, by the numbers of the manifest.
import { KNOWN } from "./known.js";
import { resize, sparse } from "./pixels.js";

const { shapes, mean, std, resample, decode_margin: MARGIN, stride = 1 } = KNOWN.model.preprocessing;
const REDUCTIONS = [8, 4, 2];

/** The input shape [height, width] for a photo of this size, by its aspect alone. */
export function shapeFor({ width, height }) {
  let best = null;
  for (const [h, w] of shapes) {
    // Whole numbers rank exactly; a portrait and a landscape shape may be equally far from a square.
    let up = BigInt(width * h), down = BigInt(height * w);
    if (up < down) [up, down] = [down, up];
    const nearer = best === null ? 1n : best.up * down - up * best.down;
    const isBetter = nearer > 0n || (nearer === 0n && (h * w > best.h * best.w || (h * w === best.h * best.w && w > best.w)));
    if (isBetter) best = { up, down, h, w };
  }
  return [best.h, best.w];
}

/** The least size to decode a photo of this size at. */
export function decodeSize({ width, height }) {
  const [h, w] = shapeFor({ width, height });
  return { width: Math.min(width, Math.ceil(MARGIN * w)), height: Math.min(height, Math.ceil(MARGIN * h)) };
}

/** The largest reduction of a JPEG that leaves a wanted size. */
export function reductionFor({ width, height }, wanted) {
  const possible = Math.min(Math.floor(width / wanted.width), Math.floor(height / wanted.height));
  return REDUCTIONS.find((reduction) => possible >= reduction) ?? 1;
}

/** A picture brought to the input shape of a photo of this full size. */
export function resized(picture, fullSize) {
  const [height, width] = shapeFor(fullSize);
  const large = resize(picture, stride * width, stride * height, resample);
  return stride === 1 ? large : sparse(large, stride);
}

const LEVELS = mean.map((middle, channel) => Float32Array.from({ length: 256 }, (_, level) => (level - middle) / std[channel]));

/** The network's input, channel after channel, of a picture that has its shape. */
export function normalised({ data, width, height }) {
  const number = width * height, pixels = new Float32Array(3 * number);
  for (let channel = 0; channel < 3; channel++) {
    const levels = LEVELS[channel];
    for (let i = 0; i < number; i++) pixels[channel * number + i] = levels[data[4 * i + channel]];
  }
  return pixels;
}
