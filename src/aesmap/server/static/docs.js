// The page of the API, made from the service's own openapi.json: what there is, and a form to try it.
import { make } from "./elements.js";

const WRITTEN_BASE = "http://127.0.0.1:8765";
const here = new URL(".", location.href).href.replace(/\/$/, "");
const byId = (id) => document.getElementById(id);
let numAbout = 0;
const text = (name, content, className = "") => make(name, className, { textContent: content });
/** A text in which what stands between backticks is code. */
function coded(name, content, className = "") {
  const element = make(name, className);
  element.append(...content.split("`").map((part, i) => (i % 2 ? text("code", part) : part)));
  return element;
}

const described = await (await fetch("openapi.json")).json();
byId("about").replaceChildren(...coded("p", `${described.info.summary} ${described.info.description}`).childNodes);
document.title = `${described.info.title} ${described.info.version}: the API`;

const operations = Object.entries(described.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation, id: `${method}${path.replaceAll("/", "-")}` })));
// Where the service has a token, this is refused.
byId("token-line").hidden = (await fetch("v1/model")).status !== 401;

const list = make("ul");
for (const { path, method, id } of operations) {
  const item = make("li");
  item.append(make("a", "", { href: `#${id}`, textContent: `${method.toUpperCase()} ${path}` }));
  list.append(item);
}
byId("contents").append(list);
byId("token-line").addEventListener("submit", (event) => event.preventDefault());
byId("operations").append(...operations.map(section));
document.documentElement.dataset.ready = "";
if (location.hash) document.querySelector(location.hash)?.scrollIntoView();

function section({ path, method, operation, id }) {
  const whole = make("section", "operation", { id });
  const head = make("header"), title = make("h2");
  title.append(text("b", method.toUpperCase()), path);
  head.append(title, ...(operation.description ?? operation.summary ?? "").split("\n\n").map((paragraph) => coded("p", paragraph)));
  const form = tryIt(path, method, operation), beside = make("div");
  beside.append(samples(operation["x-codeSamples"] ?? []), fieldsOf(operation.responses), answers(operation.responses));
  whole.append(head, form, beside);
  return whole;
}

/** A form with a field for every parameter, and room for the answer. */
function tryIt(path, method, operation) {
  const form = make("form", "try"), fields = make("div", "parameters");
  const takesPhoto = Boolean(operation.requestBody);
  if (takesPhoto) {
    const label = make("label"), multiple = takesMany(operation);
    label.append(text("span", multiple ? "Photograph, or several" : "Photograph"), make("input", "", { type: "file", name: "", accept: "image/*,.heic,.avif,.tif", required: true, multiple }));
    label.append(coded("small", operation.requestBody.description ?? ""));
    fields.append(label);
  }
  for (const parameter of operation.parameters ?? []) fields.append(field(parameter));
  const button = make("button", "strong", { type: "submit", textContent: "Send" });
  const answer = make("div", "answer");
  answer.setAttribute("aria-live", "polite");
  form.append(text("h3", "Try it"), fields, button, answer);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try { await send(path, method, form, answer); } finally { button.disabled = false; }
  });
  return form;
}

/** Whether a form may have several photographs, in fields `files`. */
function takesMany(operation) {
  const form = operation.requestBody.content["multipart/form-data"].schema;
  return (form.oneOf ?? [form]).some((kind) => kind.properties.files);
}

function field({ name, description, schema, required }) {
  const kinds = [schema, ...(schema.anyOf ?? [])].map(resolved);
  const choices = kinds.find((kind) => kind.enum)?.enum;
  const label = make("label"), title = text("code", name);
  let input;
  if (choices) {
    input = make("select", "", { name });
    input.append(new Option(required ? "" : "(not given)", ""), ...choices.map((choice) => new Option(choice, choice)));
  } else if (kinds.some((kind) => kind.type === "boolean")) {
    label.className = "flag";
    input = make("input", "", { type: "checkbox", name, value: "true" });
  } else {
    const number = kinds.find((kind) => kind.type === "integer" || kind.type === "number");
    const example = schema.examples?.[0] ?? kinds.flatMap((kind) => kind.examples ?? [])[0] ?? "";
    input = make("input", "", { name, type: number ? "number" : "text", placeholder: example, required: Boolean(required), autocomplete: "off" });
    if (number) Object.assign(input, { min: number.minimum ?? "", max: number.maximum ?? "" });
  }
  const about = text("small", (description ?? schema.description ?? "").replaceAll("`", ""));
  about.id = `about-${numAbout++}`;
  input.setAttribute("aria-describedby", about.id);
  label.append(...(label.className === "flag" ? [input, title] : [title, input]));
  const whole = make("div", "field");
  whole.append(label, about);
  return whole;
}

function resolved(schema) {
  return schema.$ref ? schema.$ref.slice(2).split("/").reduce((at, part) => at[part], described) : schema;
}

async function send(path, method, form, answer) {
  const query = new URLSearchParams([...new FormData(form)].filter(([name, value]) => name && value !== ""));
  const address = `${here}${path}${query.size ? `?${query}` : ""}`;
  const photos = [...(form.querySelector("[type=file]")?.files ?? [])];
  const headers = photos.length === 1 ? { "Content-Type": "application/octet-stream" } : {};
  if (byId("token").value) headers.Authorization = `Bearer ${byId("token").value}`;
  answer.replaceChildren(text("p", "…"));
  try {
    const began = performance.now();
    const response = await fetch(address, { method: method.toUpperCase(), headers, body: bodyOf(photos) });
    const kind = response.headers.get("Content-Type") ?? "";
    const line = text("p", `${response.status} ${kind.split(";")[0]}, ${Math.round(performance.now() - began)} ms`, "quiet");
    answer.replaceChildren(text("h3", "Answer"), line, await shown(response, kind));
  } catch {
    answer.replaceChildren(text("p", "The service does not answer. Is it still running?", "problem"));
  }
}

/** One photograph is the body itself; several are a form, whose type the browser writes. */
function bodyOf(photos) {
  if (photos.length < 2) return photos[0];
  const form = new FormData();
  for (const photo of photos) form.append("files", photo);
  return form;
}

async function shown(response, kind) {
  if (kind.startsWith("image/")) return make("img", "", { src: URL.createObjectURL(await response.blob()), alt: "The picture that was answered" });
  if (kind.startsWith("application/json")) return text("pre", JSON.stringify(await response.json(), (key, value) => (Array.isArray(value) && value.length > 12 && typeof value[0] === "number" ? value.slice(0, 12).concat("…") : value), 2));
  if (kind.startsWith("text/")) return text("pre", await response.text());
  const blob = await response.blob();
  return make("a", "", { href: URL.createObjectURL(blob), download: "answer", textContent: `Save the answer (${blob.size.toLocaleString("en")} bytes)` });
}

/** The same from a terminal and from programs, each under a tab of its own. */
function samples(given) {
  const whole = make("div", "samples");
  if (!given.length) return whole;
  const tabs = make("div"), code = make("pre"), copy = make("button", "copy", { type: "button", textContent: "Copy" });
  tabs.setAttribute("role", "tablist");
  tabs.setAttribute("aria-label", "Examples");
  code.tabIndex = 0;
  code.setAttribute("role", "tabpanel");
  const buttons = given.map(({ label, source }) => {
    const tab = make("button", "", { type: "button", textContent: label });
    tab.setAttribute("role", "tab");
    tab.addEventListener("click", () => show(tab, source));
    tabs.append(tab);
    return tab;
  });
  const show = (tab, source) => {
    buttons.forEach((one) => one.setAttribute("aria-selected", String(one === tab)));
    code.textContent = source.replaceAll(WRITTEN_BASE, here);
    code.setAttribute("aria-label", tab.textContent);
  };
  tabs.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step || !buttons.includes(document.activeElement)) return;
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    byId("said").textContent = "Copied.";
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  const bar = make("div", "line");
  bar.append(tabs, ...(navigator.clipboard ? [copy] : []));
  whole.append(text("h3", "From your program"), bar, code);
  show(buttons[0], given[0].source);
  return whole;
}

/** What a JSON answer holds, field by field. */
function fieldsOf(responses) {
  const schema = responses[200]?.content?.["application/json"]?.schema;
  const kinds = (schema?.anyOf ?? [schema ?? {}]).map(resolved).filter((kind) => kind.properties);
  const whole = make("div");
  for (const kind of kinds) {
    const folded = make("details", "fields"), terms = make("dl", "answers");
    for (const [name, property] of Object.entries(kind.properties)) {
      const about = property.description ?? resolved(property).description ?? "";
      const term = make("dt");
      term.append(text("code", name));
      terms.append(term, coded("dd", [about, typeOf(property)].filter(Boolean).join(" ")));
    }
    folded.append(text("summary", kinds.length > 1 ? `Fields of the answer: ${kind.title}` : "Fields of the answer"), terms);
    whole.append(folded);
  }
  return whole;
}

/** A property's type in words; nothing where the description tells more. */
function typeOf(property) {
  const kinds = (property.anyOf ?? [property]).map((kind) => kind.type ?? (kind.enum ? "string" : "object"));
  return `(${[...new Set(kinds)].join(" or ")})`;
}

/** What the status of an answer tells; errors are folded, as they are much the same everywhere. */
function answers(responses) {
  const whole = make("div"), given = Object.entries(responses);
  const list = (some) => {
    const terms = make("dl", "answers");
    for (const [status, { description }] of some) terms.append(text("dt", status), coded("dd", description || ""));
    return terms;
  };
  const errors = given.filter(([status]) => Number(status) >= 400);
  whole.append(text("h3", "Status"), list(given.filter(([status]) => Number(status) < 400)));
  if (errors.length) {
    const folded = make("details", "errors");
    folded.append(text("summary", `Errors (${errors.length})`), list(errors));
    whole.append(folded);
  }
  return whole;
}
