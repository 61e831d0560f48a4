// Pictures of the sheet, a few at a time: what has scrolled out of sight is not waited for, and
// connections are left for decisions.
const AT_A_TIME = 4;
const waiting = [];
let numLoading = 0;

/** Have `done(image)` called with a loaded picture, or with null; not at all once `isWanted()` is false. */
export function load(address, isWanted, done) {
  waiting.push({ address, isWanted, done });
  pump();
}

function pump() {
  while (numLoading < AT_A_TIME && waiting.length) {
    const { address, isWanted, done } = waiting.shift();
    if (!isWanted()) continue;
    numLoading += 1;
    const image = new Image();
    const end = (found) => {
      numLoading -= 1;
      if (isWanted()) done(found);
      pump();
    };
    image.onload = () => end(image);
    image.onerror = () => end(null);
    image.alt = "";
    image.src = address;
  }
}

const ahead = new Map();
/** Have the browser fetch and decode pictures that will be wanted soon; the last few are held. */
export function fetchAhead(addresses) {
  for (const address of addresses) {
    if (ahead.has(address)) continue;
    const image = new Image();
    image.src = address;
    image.decode().catch(() => {});
    ahead.set(address, image);
  }
  while (ahead.size > 8) ahead.delete(ahead.keys().next().value);
}
