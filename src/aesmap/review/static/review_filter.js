// What is asked for in a review; all of it stands in the page's address.
import { NO_FILTER, sortsBy, testsOf } from "./photo_filter.js";
import { burstNumber, decisionOf, store } from "./review_store.js";

export const DEFAULTS = Object.freeze({ ...NO_FILTER, sort: "name" });
export const SORTS = sortsBy(decisionOf);

// By one of its photographs: numbers of bursts change while scoring goes on.
function isMember(path) {
  const member = store.photos.find((photo) => photo.path === path);
  const number = member ? burstNumber(member) : -1;
  return (photo) => (number < 0 ? photo === member : burstNumber(photo) === number);
}

const burstOf = (photo) => (burstNumber(photo) < 0 ? null : burstNumber(photo));

/** The photographs that a filter lets through, in its order. */
export function chosen(filter) {
  const all = testsOf(filter, { decisionOf, burstOf, isMember });
  const passing = store.photos.filter((photo) => all.every((test) => test(photo)));
  const compare = (SORTS[filter.sort] ?? SORTS.name)[1];
  return passing.sort((a, b) => compare(a, b) || a.id - b.id);
}

/** Whether anything but the order is other than it is at first. */
export const isFiltered = (filter) => Object.keys(DEFAULTS).some((name) => name !== "sort" && filter[name] !== DEFAULTS[name]);

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
