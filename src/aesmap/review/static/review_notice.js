// What the page says: for a moment, until it is mended, and to those who listen.
const byId = (id) => document.getElementById(id);
const SHOWN_MS = 3500;

export const say = (text) => { byId("said").textContent = text; };

/** Say what stays true until something is done about it; empty takes it away. */
export function complain(message) {
  byId("problem").textContent = message;
  byId("problem").hidden = !message;
}

let timer = 0;
/** Say something for a moment. */
export function notice(text) {
  say(text);
  byId("notice").textContent = text;
  byId("notice").hidden = false;
  clearTimeout(timer);
  timer = setTimeout(() => { byId("notice").hidden = true; }, SHOWN_MS);
}
