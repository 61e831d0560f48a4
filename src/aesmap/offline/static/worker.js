// Behind the page: photographs looked at one after the other, so that the page itself never waits.
import { answerOf } from "./assessing.js";
import { Judge } from "./judge.js";
import { Looked } from "./looking.js";
import { panelOf } from "./panel.js";
import { Photo } from "./photo.js";

const JPEG_QUALITY = 0.95;
const gone = new Set(); // requests that nobody waits for any more
let judge = null, looked = null, lookedFor = null, last = Promise.resolve();

// The photograph of a request; the one of the request before is not decoded again.
async function lookedAt({ photo: number, file, format }) {
  if (lookedFor === number) return looked;
  looked?.photo.close();
  [looked, lookedFor] = [null, null];
  let photo;
  try {
    photo = await Photo.open(new Uint8Array(await file.arrayBuffer()), format);
  } catch {
    throw new Refusal("unreadable_image", "this browser could not decode it");
  }
  [looked, lookedFor] = [new Looked(photo, await judge), number];
  return looked;
}

class Refusal extends Error {
  constructor(code, message) { super(message); this.code = code; }
}

const WORK = {
  async assess({ aspects, ...request }) {
    const one = await lookedAt(request), answer = answerOf(await one.assessment());
    return aspects === null ? answer : { ...answer, crops: await one.crops(aspects) };
  },
  async judge({ box, ...request }) {
    const [judged] = await (await lookedAt(request)).judged([box]);
    return judged;
  },
  async cut({ box, aspect, type, ...request }) {
    const one = await lookedAt(request), found = box ?? (await one.boxOf(aspect));
    return one.photo.encoded(found, type, JPEG_QUALITY);
  },
  async panel({ name, ...request }) {
    const one = await lookedAt(request);
    return panelOf(one.photo, answerOf(await one.assessment()), name);
  },
};

async function answer({ id, work, ...request }) {
  if (gone.delete(id)) return;
  try {
    postMessage({ id, answer: await WORK[work](request) });
  } catch (error) {
    postMessage({ id, problem: { code: error.code ?? "internal", message: error.message } });
  }
  gone.delete(id);
}

addEventListener("message", ({ data }) => {
  if (data.start) judge = Judge.open(data.start);
  else if (data.gone !== undefined) gone.add(data.gone);
  else last = last.then(() => answer(data));
});
