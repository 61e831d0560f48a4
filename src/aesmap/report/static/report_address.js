// Which photograph is open and what is shown, in the page's address: links lead to a photograph.
const SETTLED_MS = 250; // browsers refuse an address that changes with every press of a held key
const IN_ADDRESS = { search: "", level: "all", sort: "score", decided: "", attribute: "" };
let settling = 0;

/** What the address asks for: { state, photo }, the photograph by its path or "". */
export function fromAddress(allowed) {
  const asked = new URLSearchParams(location.hash.slice(1)), state = {};
  for (const name of Object.keys(IN_ADDRESS)) {
    const value = asked.get(name);
    state[name] = value !== null && (allowed[name]?.includes(value) ?? true) ? value : IN_ADDRESS[name];
  }
  return { state, photo: asked.get("photo") ?? "" };
}

/** Have the address say it soon. */
export function toAddress(state, photo) {
  const asked = new URLSearchParams();
  for (const [name, usual] of Object.entries(IN_ADDRESS)) if (state[name] !== usual) asked.set(name, state[name]);
  if (photo) asked.set("photo", photo.path);
  clearTimeout(settling);
  const address = `#${asked}`;
  settling = setTimeout(() => { if (location.hash !== address && (location.hash || address !== "#")) history.replaceState(null, "", address); }, SETTLED_MS);
}
