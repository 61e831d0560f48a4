// What is shown, which photograph is open, or which are side by side, in the page's address: links lead there.
import { NO_FILTER } from "./photo_filter.js";

const SETTLED_MS = 250; // browsers refuse an address that changes with every press of a held key
/** What is shown where the address asks for nothing. */
export const USUAL = Object.freeze({ ...NO_FILTER, level: "all", sort: "score", view: "photo", crop: "", fold: "yes" });
let settling = 0;

/** What the address asks for: { state, photo, beside }, a photograph by its path or "", and those it is compared with. */
export function fromAddress(allowed) {
  const asked = new URLSearchParams(location.hash.slice(1)), state = {};
  for (const name of Object.keys(USUAL)) {
    const value = asked.get(name);
    state[name] = value !== null && (allowed[name]?.includes(value) ?? true) ? value : USUAL[name];
  }
  return { state, photo: asked.get("photo") ?? "", beside: asked.getAll("with") };
}

/** Have the address say it soon. */
export function toAddress(state, photo, beside) {
  const asked = new URLSearchParams();
  for (const [name, usual] of Object.entries(USUAL)) if (state[name] !== usual) asked.set(name, state[name]);
  if (photo) asked.set("photo", photo.path);
  for (const other of beside) asked.append("with", other.path);
  clearTimeout(settling);
  const address = `#${asked}`;
  settling = setTimeout(() => { if (location.hash !== address && (location.hash || address !== "#")) history.replaceState(null, "", address); }, SETTLED_MS);
}
