// Activation maps in the browser: the arithmetic of model/maps.py and the colours of explain/overlay.py, number for
// number. tests/browser/test_maps.py holds the two against each other.
//
// A map is { cells, height, width }: cells row by row, in log-odds. Its mean plus the bias of its
// head is the assessment, and every picture made of it here keeps that mean.
import { COLOUR_SCALES } from "./colour_scales.js";

const { pigments: PIGMENTS, limits: LIMITS, bend: BEND, luma: LUMA, uncolouredEdge: EDGE } = COLOUR_SCALES;
const { groundBlack: GROUND_BLACK, groundWhite: GROUND_WHITE } = COLOUR_SCALES;
const { pigmentShadow: PIGMENT_SHADOW, pigmentHighlight: PIGMENT_HIGHLIGHT } = COLOUR_SCALES;
const ROUNDER = 6755399441055744; // 1.5 * 2^52: adding it rounds halves to even, as numpy does

/** A map from base64 of little-endian float32, height * width of them. */
export function decodeMap(base64, height, width) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  const cells = new Float32Array(bytes.length / 4);
  for (let i = 0; i < cells.length; i++) cells[i] = view.getFloat32(4 * i, true);
  if (cells.length !== height * width) throw new RangeError(`${cells.length} cells are not ${height} x ${width}`);
  return { cells, height, width };
}

/** A map from rows of numbers, as the service sends it. */
export const mapOfRows = (rows) => ({ cells: Float32Array.from(rows.flat()), height: rows.length, width: rows[0].length });

/** The mean of a map, in float64. */
export function mean({ cells }) {
  let sum = 0;
  for (const cell of cells) sum += cell;
  return sum / cells.length;
}

/**
 * Weights that bring a row of cells to a row of pixels: for each pixel the first cell it takes
 * from, and the weights of that cell and those after it.
 *
 * A pixel gets the mean, over its footprint, of the linear interpolant of the cells, which is held
 * constant beyond the first and last. Rows sum to 1 and columns to numPixels / numCells, so the
 * mean of the pixels is the mean of the cells; drawImage's smoothing does not keep it.
 */
export function footprintWeights(numCells, numPixels) {
  const rows = [];
  for (let pixel = 0; pixel < numPixels; pixel++) {
    const left = (pixel * numCells) / numPixels, right = ((pixel + 1) * numCells) / numPixels;
    const first = Math.max(0, Math.ceil(left - 1.5));
    const last = Math.min(numCells - 1, Math.floor(right + 0.5));
    const weights = [];
    for (let cell = first; cell <= last; cell++) {
      const share = integral(cell, numCells, right) - integral(cell, numCells, left);
      weights.push((Math.max(share, 0) * numPixels) / numCells);
    }
    rows.push({ first, weights });
  }
  return rows;
}

// What the hat function of a cell holds from the left end of the row up to `edge`. The hats of the
// first and last cell are 1 beyond their centres instead of falling.
function integral(cell, numCells, edge) {
  if (numCells === 1) return edge;
  const clip = (value, low, high) => Math.min(Math.max(value, low), high);
  const falling = (distance) => { const t = clip(distance, 0, 1); return t - (t * t) / 2; };
  if (cell === 0) return clip(edge, 0, 0.5) + falling(edge - 0.5);
  if (cell === numCells - 1) {
    return clip(edge - (numCells - 0.5), 0, 0.5) + 0.5 - falling(numCells - 0.5 - edge);
  }
  const ramp = clip(edge - (cell + 0.5), -1, 1);
  return ramp < 0 ? (1 + ramp) ** 2 / 2 : 1 - (1 - ramp) ** 2 / 2;
}

/** Bring a map to height x width pixels, keeping its mean to rounding: Float64Array, row by row. */
export function upsample(map, height, width) {
  const columns = footprintWeights(map.width, width);
  const wide = new Float64Array(map.height * width);
  for (let row = 0; row < map.height; row++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = columns[x];
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i] * map.cells[row * map.width + first + i];
      wide[row * width + x] = sum;
    }
  }
  const full = new Float64Array(height * width);
  footprintWeights(map.height, height).forEach(({ first, weights }, y) => {
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i], from = (first + i) * width, to = y * width;
      for (let x = 0; x < width; x++) full[to + x] += weight * wide[from + x];
    }
  });
  return full;
}

/** The map's value at a point of the photo, x and y from 0 to 1: the interpolant that pixels average. */
export function valueAt(map, x, y) {
  const place = (share, count) => {
    const position = Math.min(Math.max(share * count - 0.5, 0), count - 1);
    const low = Math.min(Math.floor(position), Math.max(count - 2, 0));
    return [low, position - low, Math.min(low + 1, count - 1)];
  };
  const [top, down, bottom] = place(y, map.height);
  const [left, across, right] = place(x, map.width);
  const cell = (row, column) => map.cells[row * map.width + column];
  const upper = cell(top, left) * (1 - across) + cell(top, right) * across;
  const lower = cell(bottom, left) * (1 - across) + cell(bottom, right) * across;
  return upper * (1 - down) + lower * down;
}

/**
 * Paint a map at height x width: RGBA bytes. `kind` says which part and pigment:
 * "evidence" (both signs), "within" (the evidence less its own mean), "high" (its positive part), "low" (its negative
 * part), "attribute" (the positive part of an attribute's map), "fault" (the positive part of a fault's log-odds).
 * `uncoloured` are the boxes of faces, [left, top, right, bottom] from 0 to 1, that have no colour.
 */
export function colours(map, kind, height, width, uncoloured = []) {
  return uncolour(painted(map, kind, height, width), height, width, uncoloured);
}

function painted(map, kind, height, width) {
  const full = upsample(kind === "within" ? withinThis(map) : map, height, width);
  const { speaksFor, weighsAgainst, attribute, aboveMean, belowMean } = PIGMENTS;
  if (kind === "evidence") return paint(full, LIMITS.evidence, weighsAgainst, speaksFor);
  if (kind === "within") return paint(full, LIMITS.within, belowMean, aboveMean);
  if (kind === "low") {
    for (let i = 0; i < full.length; i++) full[i] = Math.max(-full[i], 0);
    return paint(full, LIMITS.evidence, weighsAgainst, weighsAgainst);
  }
  for (let i = 0; i < full.length; i++) full[i] = Math.max(full[i], 0);
  if (kind === "high") return paint(full, LIMITS.evidence, speaksFor, speaksFor);
  if (kind === "fault") return paint(full, LIMITS.evidence, weighsAgainst, weighsAgainst);
  if (kind === "attribute") return paint(full, LIMITS.attribute, attribute, attribute);
  throw new RangeError(`no map is called ${kind}`);
}

// Take the colour from boxes, in place, with a soft edge around each: uncolour() of explain/overlay.py.
function uncolour(rgba, height, width, boxes) {
  const beyond = (place, start, stop) => Math.max(start - place, place - stop, 0);
  for (const [left, top, right, bottom] of boxes) {
    const x = left * width, y = top * height, endX = right * width, endY = bottom * height;
    const edge = EDGE * Math.sqrt((endX - x) * (endY - y));
    if (!(edge > 0)) continue;
    for (let row = Math.max(0, Math.floor(y - edge)); row < Math.min(height, Math.ceil(endY + edge)); row++) {
      const down = beyond(row + 0.5, y, endY);
      for (let column = Math.max(0, Math.floor(x - edge)); column < Math.min(width, Math.ceil(endX + edge)); column++) {
        const across = beyond(column + 0.5, x, endX);
        const step = Math.min(Math.sqrt(down * down + across * across) / edge, 1);
        const i = 4 * (row * width + column) + 3;
        rgba[i] = rgba[i] * (step * step * (3 - 2 * step)) + ROUNDER - ROUNDER;
      }
    }
  }
  return rgba;
}

/** Whether a point of the photo, x and y from 0 to 1, lies on a face. */
export const isUncoloured = (boxes, x, y) =>
  boxes.some(([left, top, right, bottom]) => x >= left && x < right && y >= top && y < bottom);

/** A map less its own mean: its cells sum to zero. */
export function withinThis(map) {
  const middle = mean(map);
  return { ...map, cells: Float64Array.from(map.cells, (cell) => cell - middle) };
}

/** From which log-odds on a kind of map has full colour. */
export const limitOf = (kind) => LIMITS[kind in LIMITS ? kind : "evidence"];

function paint(full, limit, cool, warm) {
  const rgba = new Uint8ClampedArray(4 * full.length);
  const most = Math.asinh(BEND);
  for (let i = 0; i < full.length; i++) {
    const shown = Math.min(Math.max(Math.asinh(full[i] * (BEND / limit)) / most, -1), 1);
    const level = shown * 255 + ROUNDER - ROUNDER;
    const [red, green, blue] = level < 0 ? cool : warm;
    rgba[4 * i] = red;
    rgba[4 * i + 1] = green;
    rgba[4 * i + 2] = blue;
    rgba[4 * i + 3] = Math.abs(level);
  }
  return rgba;
}

/** Lay a painted map over the RGBA bytes of a photo, in place, so that both can be read. */
export function blend(photo, painted, alpha = 1) {
  for (let i = 0; i < photo.length; i += 4) {
    const grey = (photo[i] * LUMA[0] + photo[i + 1] * LUMA[1] + photo[i + 2] * LUMA[2]) / 255;
    const ground = GROUND_BLACK + (GROUND_WHITE - GROUND_BLACK) * grey;
    const shade = 1 - (1 - PIGMENT_SHADOW) * Math.max(1 - 2 * grey, 0);
    const light = PIGMENT_HIGHLIGHT * Math.max(2 * grey - 1, 0);
    const opacity = (painted[i + 3] * alpha) / 255;
    for (let channel = 0; channel < 3; channel++) {
      const tinted = (painted[i + channel] / 255) * shade * (1 - light) + light;
      photo[i + channel] = (ground + (tinted - ground) * opacity) * 255 + ROUNDER - ROUNDER;
    }
  }
  return photo;
}

/**
 * Draw a photo on a canvas, filling it, and a map over it where one is given.
 *
 * `image` is anything that drawImage takes; for a map the browser must let its pixels be read, as
 * it does for blob: and data: URLs. `alpha` scales the opacity of the map; `uncoloured` as in colours().
 */
export function drawMap(canvas, image, map = null, kind = "evidence", uncoloured = [], alpha = 1) {
  const { height, width } = canvas;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, width, height);
  if (map === null) return;
  const pixels = context.getImageData(0, 0, width, height);
  blend(pixels.data, colours(map, kind, height, width, uncoloured), alpha);
  context.putImageData(pixels, 0, 0);
}

/**
 * The same as drawMap for an image whose pixels the browser lets nobody read, such as a file beside
 * the page: by compositing, to within a few levels of 255. False where the browser cannot do it.
 *
 * blend() is the overlay mode in disguise: its shade and light are those of a pigment over the grey
 * 0.275 + 0.45 * grey, and its ground is a grey of less contrast.
 */
export function drawMapUnread(canvas, image, map, kind, uncoloured = [], alpha = 1) {
  if (!("filter" in CanvasRenderingContext2D.prototype)) return false;
  const { height, width } = canvas;
  const another = () => Object.assign(document.createElement("canvas"), { height, width });
  const painted = new ImageData(colours(map, kind, height, width, uncoloured), width, height);
  const mask = another(), pigment = another(), tint = another();
  mask.getContext("2d").putImageData(painted, 0, 0);
  for (let i = 3; i < painted.data.length; i += 4) painted.data[i] = 255;
  pigment.getContext("2d").putImageData(painted, 0, 0);

  const tinted = tint.getContext("2d");
  tinted.filter = `grayscale(1) contrast(${PIGMENT_HIGHLIGHT})`;
  tinted.drawImage(image, 0, 0, width, height);
  tinted.filter = "none";
  tinted.globalCompositeOperation = "overlay";
  tinted.drawImage(pigment, 0, 0);
  tinted.globalCompositeOperation = "destination-in";
  tinted.globalAlpha = alpha;
  tinted.drawImage(mask, 0, 0);

  const context = canvas.getContext("2d");
  const brightness = GROUND_WHITE + GROUND_BLACK; // what a grey of 0.5 becomes, over 0.5
  context.filter = `grayscale(1) contrast(${(GROUND_WHITE - GROUND_BLACK) / brightness}) brightness(${brightness})`;
  context.drawImage(image, 0, 0, width, height);
  context.filter = "none";
  context.drawImage(tint, 0, 0);
  return true;
}
