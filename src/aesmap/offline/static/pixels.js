// Pictures made smaller, in Pillow's own integer arithmetic: the same pixels as in Python, to the last bit.
//
// A picture is { data, width, height }: bytes, four for each pixel as a canvas has them; the fourth is not looked at.

const PRECISION_BITS = 32 - 8 - 2; // of weights, as in Pillow's Resample.c

const FILTERS = {
  box: [0.5, (x) => (x > -0.5 && x <= 0.5 ? 1 : 0)],
  bilinear: [1, (x) => Math.max(1 - Math.abs(x), 0)],
  bicubic: [2, (x) => cubic(Math.abs(x))], // Keys 1981, a = -0.5
};

function cubic(x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
}

export const emptyPicture = (width, height) => ({ data: new Uint8ClampedArray(4 * width * height), width, height });

/** Resize a picture by a filter whose support grows with the reduction; RangeError for an unknown filter. */
export function resize(picture, width, height, filter) {
  if (!(filter in FILTERS)) throw new RangeError(`no filter is called ${filter}`);
  const wide = picture.width === width ? picture : resizeRows(picture, width, filter);
  return wide.height === height ? wide : resizeColumns(wide, height, filter);
}

// For each place of the result the first place it takes from, and whole-numbered weights.
function weightsOf(from, to, filter) {
  const [reach, value] = FILTERS[filter], scale = from / to, stretch = Math.max(scale, 1), support = reach * stretch;
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(Math.trunc(centre - support + 0.5), 0), end = Math.min(Math.trunc(centre + support + 0.5), from);
    const exact = Array.from({ length: end - first }, (_, i) => value((i + first - centre + 0.5) * (1 / stretch)));
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    const weights = exact.map((weight) => {
      const share = (total ? weight / total : weight) * (1 << PRECISION_BITS);
      return Math.trunc(share + (share < 0 ? -0.5 : 0.5));
    });
    return { first, weights: Int32Array.from(weights) };
  });
}

const HALF = 1 << (PRECISION_BITS - 1);

function resizeRows({ data, width, height }, to, filter) {
  const result = emptyPicture(to, height), out = result.data;
  for (const [x, { first, weights }] of weightsOf(width, to, filter).entries()) {
    for (let y = 0; y < height; y++) {
      let red = HALF, green = HALF, blue = HALF;
      for (let i = 0, at = 4 * (y * width + first); i < weights.length; i++, at += 4) {
        const weight = weights[i];
        red += data[at] * weight;
        green += data[at + 1] * weight;
        blue += data[at + 2] * weight;
      }
      const at = 4 * (y * to + x);
      out[at] = red >> PRECISION_BITS; // clamped by the array
      out[at + 1] = green >> PRECISION_BITS;
      out[at + 2] = blue >> PRECISION_BITS;
      out[at + 3] = 255;
    }
  }
  return result;
}

function resizeColumns({ data, width, height }, to, filter) {
  const result = emptyPicture(width, to), out = result.data, row = 4 * width, sums = new Float64Array(row);
  for (const [y, { first, weights }] of weightsOf(height, to, filter).entries()) {
    sums.fill(HALF);
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i], from = (first + i) * row;
      for (let x = 0; x < row; x++) sums[x] += data[from + x] * weight;
    }
    for (let x = 0; x < row; x++) out[y * row + x] = sums[x] >> PRECISION_BITS;
  }
  for (let at = 3; at < out.length; at += 4) out[at] = 255;
  return result;
}

/**
 * Reduce a picture by a whole factor: the means of factor x factor pixels, and of what is left at the right and lower
 * ends. This is Pillow's reduce(); and, where `startsAt` says how many pixels the first column and row of blocks
 * lack, what libjpeg's decoding at reduced scale is, whose blocks begin at the corner that the file begins with.
 */
export function reduce({ data, width, height }, factor, [lackX, lackY] = [0, 0]) {
  const columns = Math.ceil((width + lackX) / factor), rows = Math.ceil((height + lackY) / factor);
  const result = emptyPicture(columns, rows), out = result.data, sums = new Uint32Array(3 * columns);
  for (let row = 0; row < rows; row++) {
    const top = Math.max(row * factor - lackY, 0), bottom = Math.min((row + 1) * factor - lackY, height);
    sums.fill(0);
    for (let y = top; y < bottom; y++) {
      for (let column = 0, at = 4 * y * width; column < columns; column++) {
        const end = 4 * (y * width + Math.min((column + 1) * factor - lackX, width));
        let red = 0, green = 0, blue = 0;
        for (; at < end; at += 4) {
          red += data[at];
          green += data[at + 1];
          blue += data[at + 2];
        }
        sums[3 * column] += red;
        sums[3 * column + 1] += green;
        sums[3 * column + 2] += blue;
      }
    }
    for (let column = 0; column < columns; column++) {
      const across = Math.min((column + 1) * factor - lackX, width) - Math.max(column * factor - lackX, 0);
      const number = across * (bottom - top), half = number >> 1, share = Math.floor(2 ** 24 / number);
      const at = 4 * (row * columns + column);
      for (let channel = 0; channel < 3; channel++) {
        out[at + channel] = Math.floor(((sums[3 * column + channel] + half) * share) / 2 ** 24);
      }
      out[at + 3] = 255;
    }
  }
  return result;
}

/** The part of a picture inside [left, top, right, bottom]. */
export function cut({ data, width }, [left, top, right, bottom]) {
  const result = emptyPicture(right - left, bottom - top);
  for (let y = top; y < bottom; y++) {
    result.data.set(data.subarray(4 * (y * width + left), 4 * (y * width + right)), 4 * (y - top) * result.width);
  }
  return result;
}

/** Every step-th pixel of every step-th row, a middle one. */
export function sparse({ data, width, height }, step) {
  const result = emptyPicture(Math.ceil((width - (step >> 1)) / step), Math.ceil((height - (step >> 1)) / step));
  for (let y = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++) {
      const from = 4 * ((y * step + (step >> 1)) * width + x * step + (step >> 1)), to = 4 * (y * result.width + x);
      for (let channel = 0; channel < 4; channel++) result.data[to + channel] = data[from + channel];
    }
  }
  return result;
}
