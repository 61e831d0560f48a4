// Which photographs are shown and in which order; all of it stands in the page's address.
import { isOfKind, liking } from "./decisions.js";
import { burstNumber, decisionOf, store } from "./review_store.js";

export const DEFAULTS = Object.freeze({
  search: "", decided: "", stars: "", score_from: "", score_to: "", technical_from: "", technical_to: "",
  fault: "", attribute: "", folder: "", date: "", doubt: "", burst: "", sort: "name",
});

export const DOUBT = { "": "Certain or not", yes: "Uncertain", close: "Close", unfamiliar: "Unfamiliar", no: "Certain" };

const known = (value) => value !== undefined && value !== null;
// What is not known yet, or cannot be, comes last in any order.
const by = (value, sign) => (a, b) => {
  const [one, other] = [value(a), value(b)];
  if (!known(one) || !known(other)) return known(other) - known(one);
  return sign * (one < other ? -1 : one > other ? 1 : 0);
};
export const SORTS = {
  name: ["Name", () => 0],
  time: ["Time", by((photo) => photo.taken || null, 1)],
  score: ["Best score", by((photo) => photo.score, -1)],
  lowest: ["Lowest score", by((photo) => photo.score, 1)],
  technical: ["Best technically", by((photo) => photo.technical, -1)],
  faulty: ["Worst technically", by((photo) => photo.technical, 1)],
  stars: ["Most stars", by((photo) => liking(decisionOf(photo)), -1)],
  doubt: ["Most uncertain", by((photo) => (known(photo.p) ? Math.abs(photo.p - 0.5) : null), 1)],
};

const inDoubt = {
  yes: (photo) => Boolean(photo.doubt), no: (photo) => photo.doubt === "",
  close: (photo) => photo.doubt === "close", unfamiliar: (photo) => photo.doubt === "unfamiliar",
};
const faultsOf = (photo) => Object.keys(photo.faults ?? {});
export const dayOf = (photo) => (photo.taken ?? "").slice(0, 10);

function tests(filter) {
  const words = filter.search.toLowerCase().split(/\s+/).filter(Boolean);
  const number = (text) => (text === "" || !Number.isFinite(Number(text)) ? null : Number(text));
  const range = (name, from, to) => {
    const [low, high] = [number(from), number(to)];
    if (low === null && high === null) return null;
    return (photo) => known(photo[name]) && (low === null || photo[name] >= low) && (high === null || photo[name] <= high);
  };
  return [
    words.length && ((photo) => words.every((word) => photo.path.toLowerCase().includes(word))),
    isOfKind[filter.decided] && ((photo) => isOfKind[filter.decided](decisionOf(photo))),
    filter.stars && ((photo) => decisionOf(photo).stars >= Number(filter.stars)),
    range("score", filter.score_from, filter.score_to),
    range("technical", filter.technical_from, filter.technical_to),
    filter.fault === "any" && ((photo) => faultsOf(photo).length > 0),
    filter.fault === "none" && ((photo) => known(photo.technical) && faultsOf(photo).length === 0),
    filter.fault && !["any", "none"].includes(filter.fault) && ((photo) => faultsOf(photo).includes(filter.fault)),
    filter.attribute && ((photo) => (photo.named ?? []).includes(filter.attribute)),
    filter.folder && ((photo) => photo.folder === filter.folder || (filter.folder === "." && photo.folder === "")),
    filter.date && ((photo) => (filter.date === "none" ? photo.taken === "" : dayOf(photo) === filter.date)),
    inDoubt[filter.doubt],
    filter.burst !== "" && burstTest(filter.burst),
  ].filter(Boolean);
}

// By one of its photographs: numbers of bursts change while scoring goes on.
function burstTest(path) {
  const member = store.photos.find((photo) => photo.path === path);
  const number = member ? burstNumber(member) : -1;
  return (photo) => (number < 0 ? photo === member : burstNumber(photo) === number);
}

/** The photographs that a filter lets through, in its order. */
export function chosen(filter) {
  const all = tests(filter);
  const passing = store.photos.filter((photo) => all.every((test) => test(photo)));
  const compare = (SORTS[filter.sort] ?? SORTS.name)[1];
  return passing.sort((a, b) => compare(a, b) || a.id - b.id);
}

/** Whether anything but the order is other than it is at first. */
export const isFiltered = (filter) => Object.keys(DEFAULTS).some((name) => name !== "sort" && filter[name] !== DEFAULTS[name]);

/** What there is to choose from. */
export function choices() {
  const sorted = (values) => [...new Set(values)].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return {
    fault: sorted(store.photos.flatMap(faultsOf)),
    attribute: sorted(store.photos.flatMap((photo) => photo.named ?? [])),
    folder: sorted(store.photos.map((photo) => photo.folder || ".")),
    date: sorted(store.photos.map(dayOf).filter(Boolean)),
  };
}

/** What the address says: the filter, the view, and the photograph that is looked at. */
export function fromAddress() {
  const said = new URLSearchParams(location.hash.slice(1));
  const filter = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (said.has(name)) filter[name] = said.get(name);
  return { filter, view: said.get("view") ?? "grid", photo: said.get("photo") ?? "", with: said.getAll("with") };
}

export function toAddress({ filter, view, photo, with: others }) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(filter)) if (value !== DEFAULTS[name]) said.set(name, value);
  if (view !== "grid") said.set("view", view);
  if (photo) said.set("photo", photo);
  for (const path of others ?? []) said.append("with", path);
  return `#${said}`;
}
