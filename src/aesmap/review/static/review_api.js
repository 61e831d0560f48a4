// What the page asks of the review behind it. Every address is relative, so that it keeps its token.

/** An answer that says no: `message` is for people, `status` 0 where nobody answered. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function asked(address, options) {
  let response;
  try {
    response = await fetch(address, options);
  } catch {
    throw new Refused(0, "The review has ended. What was decided before is kept: start it again, and open its new address.");
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Refused(response.status, body.error?.message ?? `The review answers ${response.status}.`);
}

const post = (address, body) => asked(address, {
  method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body ?? {}),
});

export const shoot = async () => (await asked("v1/shoot")).json();
export const news = async (since, groups) => (await asked(`v1/news?since=${since}&groups=${groups}`)).json();
export const agreement = async () => (await asked("v1/agreement")).json();
export const detail = async (id) => (await asked(`v1/detail/of/${id}`)).json();
export const decide = async (steps) => (await post("v1/decisions", { steps })).json();
export const undo = async () => (await post("v1/undo")).json();
export const redo = async () => (await post("v1/redo")).json();
export const score = async (run) => (await post("v1/scoring", { run })).json();
export const copy = async (photographs, folder) => (await post("v1/copy", { photographs, folder })).json();
export const xmp = async (request) => (await post("v1/xmp", request)).json();
export const listed = async (photographs, format) => (await post("v1/list", { photographs, format })).blob();

/** The address of a photograph's picture: "thumbnail", "preview" or "full". */
export const pictureOf = (photo, kind) => `v1/${kind}/${photo.id}?version=${encodeURIComponent(photo.version)}`;
