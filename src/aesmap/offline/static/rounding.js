// Numbers rounded and written as Python does: halves to the even neighbour.

/** To the nearest whole number. */
export function rounded(value) {
  const below = Math.floor(value), part = value - below;
  if (part !== 0.5) return part < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** With a sign and one decimal, as `f"{value:+.1f}"`. */
export function signedTenths(value) {
  const size = Math.abs(value), sign = value < 0 || Object.is(value, -0) ? "-" : "+";
  const isHalf = Number.isInteger(4 * size) && !Number.isInteger(2 * size); // only quarters lie halfway between tenths
  return sign + (isHalf ? rounded(10 * size) / 10 : size).toFixed(1);
}

/** Whole numbers from first to last in about `steps` equal steps, both ends included, each once. */
export function spread(first, last, steps) {
  const step = (last - first) / steps;
  const places = Array.from({ length: steps + 1 }, (_, i) => rounded(i === steps && steps > 0 ? last : i * (steps ? step : 0) + first));
  return ascending(places);
}

/** Numbers in ascending order, each once. */
export const ascending = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);

export const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
export const sum = (numbers) => { let total = 0; for (const number of numbers) total += number; return total; };
export const sigmoid = (x) => { const decay = Math.exp(-Math.abs(x)); return (x >= 0 ? 1 : decay) / (1 + decay); };
