// What the page knows: photographs, decisions, bursts; and who is told when that changes.
import { UNDECIDED } from "./decisions.js";
import { places } from "./elements.js";
import * as api from "./review_api.js";

export const store = {
  title: "", readOnly: "", photos: [], scoring: null, job: null, undoable: 0, redoable: 0, facts: {},
};

const decisions = new Map();
let bursts = [], burstById = new Map(), ranks = new Map();
let lastNews = -1, lastGroups = -1;
const listeners = new Set();

/** Have a function called with what changed: "photos", "decisions", "bursts", "progress". */
export const onChange = (listener) => listeners.add(listener);
const tell = (...changed) => { for (const listener of listeners) listener(new Set(changed)); };

export const decisionOf = (photo) => decisions.get(photo.id) ?? UNDECIDED;
/** The stars that a taste proposes for what is not decided yet; 0 without any. */
export function proposedStars(photo) {
  const forecast = store.facts.forecast;
  if (!forecast || photo.p === undefined || photo.doubt === "unfamiliar" || decisions.has(photo.id)) return 0;
  return 1 + forecast.cuts.filter((cut) => photo.p >= cut).length;
}
export const isDecided = (photo) => decisions.has(photo.id);
/** The photographs of the burst that one belongs to, in order; empty of one that stands alone. */
export const burstOf = (photo) => (bursts[burstById.get(photo.id)] ?? []).map((id) => store.photos[id]);
/** Its place among its like, 1 for the best and for all that cannot be told from it, and why. */
export const rankOf = (photo) => ranks.get(photo.id) ?? { rank: 0, why: "" };
export const isUntold = (photo) => rankOf(photo).why === "cannot tell";
export const burstNumber = (photo) => burstById.get(photo.id) ?? -1;

export async function begin() {
  const said = await api.shoot();
  Object.assign(store, { title: said.title, readOnly: said.readOnly, scoring: said.scoring, facts: said });
  store.photos = said.photographs.map(complete);
  lastNews = said.news;
  placed = null;
  takeAll(said);
  tell("photos", "decisions", "progress");
}

/** Its place by score among those that are scored, and how many these are. */
export function placeOf(photo) {
  if (placed === null) {
    const scored = store.photos.filter((one) => one.score !== undefined);
    const found = places(scored.map((one) => one.score));
    placed = new Map(scored.map((one, i) => [one.id, found[i]]));
  }
  return { place: placed.get(photo.id), of: placed.size };
}
let placed = null;

/** Ask once what is new. */
export async function listen() {
  const said = await api.news(lastNews, lastGroups);
  lastNews = said.news;
  const changed = ["progress"];
  for (const line of said.photographs) store.photos[line.id] = complete(line);
  if (said.photographs.length) { changed.push("photos"); placed = null; }
  if (said.groups) { takeGroups(said); changed.push("bursts"); }
  if (said.decisions) { takeAll(said); changed.push("decisions"); }
  Object.assign(store, { scoring: said.scoring, job: said.job });
  tell(...changed);
}

/**
 * One step: [photo, decision] pairs. It is shown at once and sent at once, with those that came
 * while an answer was waited for; what cannot be kept is not shown any more.
 */
export function decide(pairs) {
  const changes = pairs.filter(([photo, now]) => {
    const before = decisionOf(photo);
    return before.stars !== now.stars || before.flag !== now.flag;
  });
  if (!changes.length) return Promise.resolve();
  unkept.push(changes.map(([photo, { stars, flag }]) => ({ id: photo.id, stars, flag })));
  for (const [photo, now] of changes) put(photo.id, now);
  tell("decisions");
  return inTurn(async () => {
    if (!unkept.length) return;
    const steps = unkept.splice(0);
    takeSteps(await api.decide(steps));
  });
}

const unkept = [];
let numTurns = 0;
/** Whether something was decided that is not known to be kept. */
export const isWaiting = () => numTurns > 0;

/** Undo or redo; gives the ids of the photographs that have another decision now. */
export function step(back) {
  return inTurn(async () => {
    const said = await (back ? api.undo() : api.redo());
    takeSteps(said);
    return Object.keys(said.decisions).map(Number);
  });
}

// One after the other: the order of the keys is the order of the steps.
let turn = Promise.resolve();
function inTurn(work) {
  numTurns += 1;
  document.documentElement.dataset.waiting = "yes";
  const done = turn.then(work).finally(() => {
    numTurns -= 1;
    if (!numTurns) delete document.documentElement.dataset.waiting;
  });
  turn = done.catch(async () => {
    unkept.length = 0;
    // What the page shows must be what is kept.
    try { takeAll(await api.shoot()); tell("decisions"); } catch { /* it has ended: told by whoever asks */ }
  });
  return done;
}

const complete = (line) => ({ ...line, faultNames: Object.keys(line.faults ?? {}), name: line.path.split("/").pop(), folder: line.path.includes("/") ? line.path.slice(0, line.path.lastIndexOf("/")) : "" });

function put(id, { stars, flag }) {
  if (stars || flag) decisions.set(id, { stars, flag });
  else decisions.delete(id);
}

function takeSteps(said) {
  for (const [id, [stars, flag]] of Object.entries(said.decisions)) put(Number(id), { stars, flag });
  for (const { id, stars, flag } of unkept.flat()) put(id, { stars, flag }); // newer than the answer
  Object.assign(store, { undoable: said.undoable, redoable: said.redoable });
  tell("decisions");
}

function takeAll(said) {
  decisions.clear();
  for (const [id, [stars, flag]] of Object.entries(said.decisions)) put(Number(id), { stars, flag });
  Object.assign(store, { undoable: said.undoable, redoable: said.redoable });
}

function takeGroups(said) {
  lastGroups = said.groupsNews;
  bursts = said.groups.map((members) => members.map(([id]) => id));
  ranks = new Map(said.groups.flat().map(([id, rank, why]) => [id, { rank, why }]));
  burstById = new Map(bursts.flatMap((ids, number) => ids.map((id) => [id, number])));
}
