// What server/static/page_service.js asks a service for, answered in the browser itself: the same addresses, the same
// answers, and no network.
import { formatOf, isComplete } from "./containers.js";
import { KNOWN } from "./known.js";
import { Problem } from "./page_problem.js";

export { Problem, save } from "./page_problem.js";

const { min_side: MIN_SIDE, max_pixels: MAX_PIXELS } = KNOWN;
const TYPES = { PNG: "png", WEBP: "webp" }; // what browsers write; all else is cut out as JPEG
const NO_BROWSER_READS = new Set(["TIFF", "HEIF"]); // but Safari
const numbers = new WeakMap(), waiting = new Map();
let nextId = 1, nextPhoto = 1, broken = null;

// Data of the page, which then has them no longer.
function taken(id) {
  const element = document.getElementById(id), text = element.textContent;
  element.remove();
  return text;
}

const addressOf = (...parts) => URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));

// Started while nobody has chosen a photograph yet.
function started() {
  const runtime = JSON.parse(taken("runtime"));
  const worker = new Worker(addressOf(`globalThis.runtimeAddress = "${addressOf(runtime)}";`, runtime, JSON.parse(taken("worker"))));
  worker.addEventListener("message", ({ data: { id, answer, problem } }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (problem) reject?.(new Problem(problem.code, problem.message));
    else resolve?.(answer);
  });
  worker.addEventListener("error", ({ message }) => {
    broken = new Problem("unreadable_image", `the network could not be started in this browser (${message || "it gives no reason"})`);
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  });
  worker.postMessage({ start: Object.fromEntries(["wasm", "model", "faces"].map((name) => [name, taken(`packed-${name}`)])) });
  return worker;
}
const worker = started();

function ask(work, request, signal) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    if (broken !== null) throw broken;
    const id = nextId++;
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, work, ...request });
    signal?.addEventListener("abort", () => {
      if (waiting.delete(id)) worker.postMessage({ gone: id });
      reject(signal.reason);
    });
  });
}

/** Have a photograph looked at: the response of the service at an address of its API. Raises Problem. */
export async function send(path, photo, { signal } = {}) {
  const [address, query] = path.split("?"), wanted = new URLSearchParams(query);
  if (!numbers.has(photo)) numbers.set(photo, { ...(await checked(photo)), number: nextPhoto++ });
  const { format, number } = numbers.get(photo), request = { photo: number, file: photo, format };
  const box = wanted.get("box")?.split(",").map(Number) ?? null;
  if (address === "v1/assess") return Response.json(await ask("assess", { ...request, aspects: wanted.get("crops")?.split(",") ?? null }, signal));
  if (address === "v1/explain") return new Response(await ask("panel", { ...request, name: photo.name }, signal));
  if (wanted.get("format") === "json") return Response.json(await ask("judge", { ...request, box }, signal));
  const kind = TYPES[format] ?? "jpeg";
  const blob = await ask("cut", { ...request, box, aspect: wanted.get("aspect"), type: `image/${kind}` }, signal);
  return new Response(blob, { headers: { "Content-Disposition": `attachment; filename="crop.${kind === "jpeg" ? "jpg" : kind}"` } });
}

// What can be refused before anything is decoded.
async function checked(photo) {
  let bytes;
  try {
    bytes = new Uint8Array(await photo.arrayBuffer());
  } catch {
    throw new Problem("unreadable_file");
  }
  if (!bytes.length) throw new Problem("no_image");
  const format = formatOf(bytes);
  if (format === null) throw new Problem("unsupported_media");
  if (!isComplete(bytes, format)) throw new Problem("unreadable_image", "the file ends before its picture does; copy it again from the camera or card");
  const { width, height } = await sizeOf(photo, format);
  if (Math.min(width, height) < MIN_SIDE) throw new Problem("unreadable_image", `it has ${width}x${height} pixels, too few to judge`);
  if (width * height > MAX_PIXELS) {
    throw new Problem("unreadable_image", `it has ${Math.round((width * height) / 1e6)} megapixels, and a browser has room for ${MAX_PIXELS / 1e6}; make it smaller`);
  }
  return { format };
}

// Upright, from the header: an image is not decoded before it is drawn.
async function sizeOf(photo, format) {
  const image = new Image(), url = URL.createObjectURL(photo);
  try {
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject, src: url }));
    return { width: image.naturalWidth, height: image.naturalHeight };
  } catch {
    throw new Problem("unreadable_image", NO_BROWSER_READS.has(format) ? `this browser reads no ${format}; save it as JPEG` : "its data are damaged, or this browser does not read them");
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** What the page offers: { aspects, columns, model, version, without }. */
export const offers = async () => KNOWN.offers;

/** A photograph that comes with the page, as a file. */
export async function sample(name) {
  const { src } = document.querySelector(`#samples img[data-name="${name}"]`);
  const bytes = Uint8Array.from(atob(src.slice(src.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
  return new File([bytes], name, { type: "image/jpeg" });
}
