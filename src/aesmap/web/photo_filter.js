// Which photographs are shown and in which order, by all that is known of them; of report and review.
import { isOfKind, liking } from "./decisions.js";

/** Everything that can be asked for, each a text; empty where it does not matter. */
export const NO_FILTER = Object.freeze({
  search: "", decided: "", stars: "", score_from: "", score_to: "", technical_from: "", technical_to: "",
  fault: "", attribute: "", doubt: "", folder: "", date: "", camera: "", lens: "", shape: "", burst: "",
});
export const DOUBT = { "": "Certain or not", yes: "Uncertain", close: "Close", unfamiliar: "Unfamiliar", no: "Certain" };
export const SHAPES = { "": "Any shape", landscape: "Landscape", portrait: "Portrait", square: "Square" };
export const BURSTS = { "": "In a burst or not", yes: "In a burst", no: "Alone" };

const known = (value) => value !== undefined && value !== null && value !== "";
// What is not known yet, or cannot be, comes last in any order.
const by = (value, sign) => (a, b) => {
  const [one, other] = [value(a), value(b)];
  if (!known(one) || !known(other)) return known(other) - known(one);
  return sign * (one < other ? -1 : one > other ? 1 : 0);
};

export const dayOf = (photo) => (photo.taken ?? "").slice(0, 10);
export function shapeOf({ width, height }) {
  if (!width) return "";
  return width > height ? "landscape" : width < height ? "portrait" : "square";
}

/** The orders there are, each with its name; `decisionOf` a photograph is what was decided on it. */
export const sortsBy = (decisionOf) => ({
  name: ["Name", () => 0],
  time: ["Time", by((photo) => photo.taken, 1)],
  score: ["Best score", by((photo) => photo.score, -1)],
  lowest: ["Lowest score", by((photo) => photo.score, 1)],
  technical: ["Best technically", by((photo) => photo.technical, -1)],
  faulty: ["Worst technically", by((photo) => photo.technical, 1)],
  doubt: ["Most uncertain", by((photo) => (known(photo.p) ? Math.abs(photo.p - 0.5) : null), 1)],
  stars: ["Most stars", by((photo) => liking(decisionOf(photo)), -1)],
  undecided: ["Undecided first", by((photo) => Number(!isOfKind.no(decisionOf(photo))), 1)],
  attribute: ["Attribute", by((photo) => photo.named?.[0], 1)],
  fault: ["Fault", by((photo) => photo.faultNames[0], 1)],
  camera: ["Camera", by((photo) => photo.camera, 1)],
  lens: ["Lens", by((photo) => photo.lens, 1)],
  shape: ["Shape", by(shapeOf, 1)],
});

/**
 * What a photograph must pass to be shown. `decisionOf` a photograph is what was decided on it,
 * `burstOf` what tells its burst from others, null of one that stands alone, and `isMember` whether
 * it is of the burst that a path leads to.
 */
export function testsOf(filter, { decisionOf, burstOf, isMember }) {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const number = (text) => (text === "" || !Number.isFinite(Number(text)) ? null : Number(text));
  const range = (name, from, to) => {
    const [low, high] = [number(from), number(to)];
    if (low === null && high === null) return null;
    return (photo) => known(photo[name]) && (low === null || photo[name] >= low) && (high === null || photo[name] < high);
  };
  const { fault, burst } = filter;
  return [
    words.length && ((photo) => words.every((word) => photo.path.toLowerCase().includes(word))),
    isOfKind[filter.decided] && ((photo) => isOfKind[filter.decided](decisionOf(photo))),
    filter.stars && ((photo) => decisionOf(photo).stars >= Number(filter.stars)),
    range("score", filter.score_from, filter.score_to),
    range("technical", filter.technical_from, filter.technical_to),
    fault === "any" && ((photo) => photo.faultNames.length > 0),
    fault === "none" && ((photo) => known(photo.technical) && photo.faultNames.length === 0),
    fault && !["any", "none"].includes(fault) && ((photo) => photo.faultNames.includes(fault)),
    filter.attribute && ((photo) => (photo.named ?? []).includes(filter.attribute)),
    filter.doubt && ((photo) => inDoubt[filter.doubt]?.(photo)),
    filter.folder && ((photo) => photo.folder === filter.folder || (filter.folder === "." && photo.folder === "")),
    filter.date && ((photo) => (filter.date === "none" ? photo.taken === "" : dayOf(photo) === filter.date)),
    ...["camera", "lens"].map((name) => filter[name] && ((photo) => (filter[name] === "none" ? photo[name] === "" : photo[name] === filter[name]))),
    filter.shape && ((photo) => shapeOf(photo) === filter.shape),
    burst && (burst in BURSTS ? (photo) => (burstOf(photo) !== null) === (burst === "yes") : isMember(burst)),
  ].filter(Boolean);
}

const inDoubt = {
  yes: (photo) => Boolean(photo.doubt), no: (photo) => photo.doubt === "",
  close: (photo) => photo.doubt === "close", unfamiliar: (photo) => photo.doubt === "unfamiliar",
};

/** What there is to choose from. */
export function choicesOf(photos) {
  const sorted = (values) => [...new Set(values.filter(Boolean))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return {
    fault: sorted(photos.flatMap((photo) => photo.faultNames)),
    attribute: sorted(photos.flatMap((photo) => photo.named ?? [])),
    folder: sorted(photos.map((photo) => photo.folder || ".")),
    date: sorted(photos.map(dayOf)),
    camera: sorted(photos.map((photo) => photo.camera)),
    lens: sorted(photos.map((photo) => photo.lens)),
  };
}
