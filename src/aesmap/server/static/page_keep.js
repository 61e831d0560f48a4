// What the browser keeps of the page across a reload: photographs, and what was said of them.
import { Problem } from "./page_service.js";

const NAME = "aesmap", VERSION = 2;
const PICTURES = "pictures", ANSWERS = "answers"; // apart, so that an answer is written without its picture
const PATIENCE_MS = 4000;

const NO_ROOM = "This browser has no room to keep more photographs: those that it could not keep are gone when the page is closed or reloaded.";
const NO_SHELF = "This browser keeps nothing for this page, as in some private windows: photographs are gone when it is closed or reloaded.";
const LOST = "Some photographs that were kept could not be read again, and are gone from the page.";

/** A shelf in the browser's own database (IndexedDB), which other sites cannot read. */
export class Shelf {
  /** `judge` names whose answers are kept; `told` is given a sentence where something is not kept. */
  constructor(judge, told) {
    Object.assign(this, { judge, told, database: null, last: Promise.resolve(), hasTold: false });
  }

  /** What was kept, in the order in which it was added: [{ key, file, said }], `said` null or what update() was given. */
  restore() {
    return this.#inTurn(async () => {
      this.database = await open();
      const [keys, files] = await this.#all(PICTURES);
      const [names, answers] = await this.#all(ANSWERS);
      const answerOf = new Map(names.map((key, i) => [key, answers[i]]));
      const kept = [];
      for (const [i, file] of files.entries()) {
        const saved = answerOf.get(keys[i]);
        const readable = await file.slice(0, 1).arrayBuffer().then(() => true, () => false);
        if (readable) kept.push({ key: keys[i], file, said: saved?.judge === this.judge ? saved.said : null });
        else await this.#forget(keys[i]);
      }
      if (kept.length < files.length) this.told(LOST);
      return kept;
    }, []);
  }

  /** Keep a photograph; its `key` says that it is kept. */
  keep(item) {
    return this.#inTurn(async () => { item.key = await this.#change((pictures) => pictures.add(item.file)); });
  }

  /** Keep what was said of a photograph that is kept. */
  update(item, said) {
    return this.#inTurn(async () => {
      if (item.key === null) return;
      await this.#change((pictures, answers) => {
        // Another window may have cleared it.
        pictures.getKey(item.key).onsuccess = ({ target }) => { if (target.result !== undefined) answers.put({ judge: this.judge, said }, item.key); };
      });
    });
  }

  /** Keep a photograph no longer. */
  drop(item) {
    return this.#inTurn(async () => {
      const { key } = item;
      if (key === null) return;
      item.key = null;
      await this.#forget(key);
    });
  }

  #forget(key) {
    return this.#change((pictures, answers) => { pictures.delete(key); answers.delete(key); });
  }

  /** Keep nothing any longer. */
  clear() {
    return this.#inTurn(() => this.#change((pictures, answers) => { pictures.clear(); answers.clear(); }));
  }

  // One after the other, so that what is known of a photograph is never there before it.
  #inTurn(work, otherwise) {
    this.last = this.last.then(work).catch((error) => {
      if (this.database !== null || !this.hasTold) this.told(wordsFor(error));
      this.hasTold = true;
      return otherwise;
    });
    return this.last;
  }

  // Do something in one transaction and give the result of the request that it returns.
  #change(work) {
    if (this.database === null) return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction([PICTURES, ANSWERS], "readwrite");
      const request = work(transaction.objectStore(PICTURES), transaction.objectStore(ANSWERS));
      transaction.oncomplete = () => resolve(request?.result ?? null);
      transaction.onabort = () => reject(transaction.error ?? request?.error);
    });
  }

  async #all(name) {
    const store = this.database.transaction(name).objectStore(name);
    return Promise.all([answer(store.getAllKeys()), answer(store.getAll())]);
  }
}

function open() {
  const opened = new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      const stores = request.result.objectStoreNames; // of an earlier version, whose answers are asked for again
      if (!stores.contains(PICTURES)) request.result.createObjectStore(PICTURES, { autoIncrement: true });
      if (!stores.contains(ANSWERS)) request.result.createObjectStore(ANSWERS);
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // a newer page in another window
      resolve(request.result);
    };
    request.onerror = () => reject(request.error);
    setTimeout(() => reject(new Problem("shelf", NO_SHELF)), PATIENCE_MS); // some browsers never answer
  });
  return opened.catch(() => { throw new Problem("shelf", NO_SHELF); });
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function wordsFor(error) {
  if (error instanceof Problem) return error.message;
  if (error?.name === "QuotaExceededError") return NO_ROOM;
  return `This browser could not keep a photograph: ${error?.message || error?.name || "it does not say why"}.`;
}
