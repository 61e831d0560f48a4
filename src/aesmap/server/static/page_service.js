// The service, asked: what it offers, one photograph in each request, errors in words.
import { Problem } from "./page_problem.js";

export { Problem, save } from "./page_problem.js";

const MOST_WAITS = 6;
let token = "";
let asking = null;

/**
 * Send a photograph to an address of the API and give the response.
 *
 * A busy service is asked again after the time it names, and `waiting` told the seconds; where a
 * token is wanted the person is asked for it once for all requests. Raises Problem.
 */
export async function send(path, file, { signal, waiting = () => {} } = {}) {
  for (let waits = 0; ; ) {
    const used = token;
    let response;
    try {
      const headers = { "Content-Type": "application/octet-stream" };
      if (used) headers.Authorization = `Bearer ${used}`;
      response = await fetch(path, { method: "POST", body: file, headers, signal });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new Problem((await isReadable(file)) ? "gone" : "unreadable_file");
    }
    if (response.ok) return response;
    const { code, message } = await errorOf(response);
    if (response.status === 401) {
      if (used === token && !(await askToken(used !== ""))) throw new Problem(code, message);
    } else if (code === "busy" && waits++ < MOST_WAITS) {
      const seconds = Math.min(Number(response.headers.get("Retry-After")) || 1, 30);
      waiting(seconds);
      await pause(1000 * seconds, signal);
    } else throw new Problem(code, message);
  }
}

/** What the page offers, as the service says: { aspects, columns, model, version }. Raises Problem. */
export async function offers() {
  return (await fetched("static/offers.json")).json();
}

/** A photograph that comes with the service, as a file. Raises Problem. */
export async function sample(name) {
  const blob = await (await fetched(`static/samples/${name}`)).blob();
  return new File([blob], name, { type: blob.type });
}

async function fetched(address) {
  const response = await fetch(address).catch(() => null);
  if (!response?.ok) throw new Problem("gone");
  return response;
}

const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false);

async function errorOf(response) {
  try {
    return (await response.json()).error;
  } catch {
    return { code: "internal", message: `the service answered ${response.status}` };
  }
}

function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener("abort", () => { clearTimeout(timer); reject(signal.reason); });
  });
}

// True once there is a token to try, false if the person would rather not.
function askToken(wasWrong) {
  asking ??= new Promise((resolve) => {
    const dialog = document.getElementById("token-dialog"), field = document.getElementById("token");
    document.getElementById("token-problem").textContent = wasWrong ? "That token was not right." : "";
    field.value = "";
    dialog.returnValue = "";
    dialog.addEventListener("close", () => {
      asking = null;
      if (dialog.returnValue === "send") token = field.value.trim();
      field.value = "";
      resolve(dialog.returnValue === "send");
    }, { once: true });
    dialog.showModal();
  });
  return asking;
}
