// model/nss.py and model/ood.py: whether a picture is like the photographs that the model knows.
import { KNOWN } from "./known.js";
import { reduce } from "./pixels.js";
import { rounded, sum } from "./rounding.js";

const { number: NUM_PIXELS, least: MIN_SIDE, bins: LUMA_BINS, quantiles: QUANTILES, luma: LUMA } = KNOWN.statistics;
const REACH = 3; // of a window of 7 x 7

/** Whether an image of this full size, of which this is a picture (its input, or itself where smaller), is known. */
export function isFamiliar(fullSize, picture) {
  const { min_side_px: least, min_smoothness: smoothness, families } = KNOWN.model.familiarity;
  if (Math.min(fullSize.width, fullSize.height) < least) return false;
  const small = reducedPicture(picture);
  return sum(neighbourCorrelations(small.coarse)) / 2 >= smoothness && distance(small, families) <= 1;
}

/** Distance of a picture from the nearest family; more than 1 is beyond it. */
export function distance(small, families = KNOWN.model.familiarity.families) {
  if (!families.length) return 0;
  const statistics = naturalStatistics(small);
  return Math.min(...families.map(({ mean, whitening, bound }) => {
    const whitened = whitening.map((row) => sum(row.map((weight, i) => weight * (statistics[i] - mean[i]))));
    return Math.sqrt(sum(whitened.map((value) => value * value))) / bound;
  }));
}

// Planes are { cells, width, height }.
const plane = (width, height, value) => ({ cells: Float32Array.from({ length: width * height }, (_, i) => value(i)), width, height });
const meanOf = (cells) => sum(cells) / cells.length;
const meanSquare = (cells) => { let total = 0; for (const cell of cells) total += cell * cell; return total / cells.length; };
const spreadOf = (cells) => { const middle = meanOf(cells); return Math.sqrt(meanSquare(Float64Array.from(cells, (cell) => cell - middle))); };

/** Colours, luma, and its means of 2 x 2 pixels, of some 25,600 pixels; a larger picture is reduced. */
export function reducedPicture(picture) {
  const { width, height } = picture;
  const wanted = Math.min(rounded(Math.sqrt((height * width) / NUM_PIXELS)), Math.floor(Math.min(height, width) / MIN_SIDE));
  const small = wanted > 1 ? reduce(picture, wanted) : picture;
  const colours = [0, 1, 2].map((channel) => plane(small.width, small.height, (i) => small.data[4 * i + channel]));
  const [red, green, blue] = colours.map(({ cells }) => cells);
  const luma = plane(small.width, small.height, (i) => LUMA[0] * red[i] + LUMA[1] * green[i] + LUMA[2] * blue[i]);
  return { colours, luma, coarse: halved(luma) };
}

/** The thirty statistics of a reduced picture. */
export function naturalStatistics({ colours, luma, coarse }) {
  return [...normalisedContrast(luma), ...normalisedContrast(coarse), ...colourfulness(colours, luma), ...histogram(luma),
    ...channelCorrelations(colours), ...neighbourCorrelations(luma)];
}

function halved({ cells, width, height }) {
  const across = width >> 1;
  return plane(across, height >> 1, (i) => {
    const at = 2 * Math.floor(i / across) * width + 2 * (i % across);
    return (cells[at] + cells[at + width] + cells[at + 1] + cells[at + width + 1]) / 4;
  });
}

// Products of neighbours, to the right and below.
function products({ cells, width, height }) {
  const across = new Float32Array((width - 1) * height), down = new Float32Array(width * (height - 1));
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x + 1 < width; x++, to++) across[to] = cells[y * width + x] * cells[y * width + x + 1];
  }
  for (let i = 0; i < down.length; i++) down[i] = cells[i] * cells[i + width];
  return [across, down];
}

/** Correlation of each pixel with its right and with its lower neighbour. */
export function neighbourCorrelations(luma) {
  const middle = meanOf(luma.cells), centred = { ...luma, cells: luma.cells.map((cell) => cell - middle) };
  const variance = meanSquare(centred.cells) + 1;
  return products(centred).map((cells) => meanOf(cells) / variance);
}

function normalisedContrast(luma) {
  const middle = meanOf(luma.cells), centred = { ...luma, cells: luma.cells.map((cell) => cell - middle) };
  const around = windowMean(centred), squares = windowMean({ ...centred, cells: centred.cells.map((cell) => cell * cell) });
  const contrast = squares.map((square, i) => Math.sqrt(Math.max(square - around[i] * around[i], 0)));
  const normal = { ...luma, cells: centred.cells.map((cell, i) => (cell - around[i]) / (contrast[i] + 1)) };
  const variance = meanSquare(normal.cells);
  const statistics = [meanOf(normal.cells.map(Math.abs)) ** 2 / (variance + 1e-9), variance];
  for (const pairs of products(normal)) {
    for (const part of [pairs.map((pair) => Math.min(pair, 0)), pairs.map((pair) => Math.max(pair, 0))]) statistics.push(Math.sqrt(meanSquare(part)));
  }
  contrast.sort();
  const flat = contrast.findIndex((value) => value >= 0.5);
  statistics.push((flat < 0 ? contrast.length : flat) / contrast.length);
  for (const share of QUANTILES) {
    const place = share * (contrast.length - 1), low = Math.floor(place), next = Math.min(low + 1, contrast.length - 1);
    statistics.push(Math.log(contrast[low] + (contrast[next] - contrast[low]) * (place - low) + 0.1));
  }
  return statistics;
}

// Mean over 7 x 7 pixels around each; the border is repeated.
function windowMean({ cells, width, height }) {
  const rows = new Float32Array(cells.length), result = new Float32Array(cells.length);
  const within = (place, end) => Math.min(Math.max(place, 0), end - 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let total = 0;
      for (let step = -REACH; step <= REACH; step++) total += cells[within(y + step, height) * width + x];
      rows[y * width + x] = total;
    }
  }
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let total = 0;
      for (let step = -REACH; step <= REACH; step++) total += rows[y * width + within(x + step, width)];
      result[y * width + x] = total / (2 * REACH + 1) ** 2;
    }
  }
  return result;
}

function colourfulness(colours, luma) {
  const [red, green, blue] = colours.map(({ cells }) => cells);
  const spreads = [luma.cells, red.map((level, i) => level - green[i]), red.map((level, i) => (level + green[i]) / 2 - blue[i])].map(spreadOf);
  return [meanOf(luma.cells) / 255, ...spreads.map((value) => Math.log(value + 1))];
}

function histogram({ cells }) {
  const counts = new Float64Array(LUMA_BINS);
  for (const cell of cells) counts[Math.trunc(Math.fround(cell * (LUMA_BINS / 256)))]++;
  const shares = counts.map((count) => count / cells.length);
  return [-sum(shares.map((share) => share * Math.log(share + 1e-12))), Math.log(Math.max(...shares) + 1e-3)];
}

function channelCorrelations(colours) {
  const differences = colours.map(({ cells, width, height }) => {
    const result = new Float32Array((width - 1) * height);
    for (let y = 0, to = 0; y < height; y++) for (let x = 0; x + 1 < width; x++, to++) result[to] = cells[y * width + x + 1] - cells[y * width + x];
    return result;
  });
  const spreads = differences.map((cells) => Math.sqrt(meanSquare(cells) + 0.5));
  const correlation = (i, j) => meanOf(differences[i].map((value, at) => value * differences[j][at])) / (spreads[i] * spreads[j]);
  return [correlation(0, 1), correlation(1, 2)];
}
