// The page of the service: photographs come in, one is in view, and what is pressed is done.
import { legend, make } from "./elements.js";
import { mapOfRows, withinThis } from "./maps.js";
import { aboutCrop, facts } from "./page_facts.js";
import { CropFrame } from "./page_frame.js";
import { Queue } from "./page_queue.js";
import { save, send } from "./page_service.js";
import { Stage } from "./page_stage.js";

const byId = (id) => document.getElementById(id);
const VIEWS = [["photo", "Photo"], ["evidence", "Evidence"], ["within", "Within"], ["high", "High"], ["low", "Low"]];
const JUDGE_AFTER_MS = 250; // without a move of the frame
const now = { item: null, stage: null, crop: null, view: "evidence", judging: null, timer: 0 };
const queue = new Queue((item, what) => {
  listQueue();
  if (item !== now.item) return;
  if (what === "crops") offerCrops();
  else showFacts();
});

function take(files) {
  if (!files.length) return;
  const [first] = queue.add(files);
  document.body.dataset.working = "";
  document.querySelector(".add").hidden = false;
  byId("drop").classList.add("used");
  listQueue();
  open(first);
}

function open(item) {
  if (item === now.item) return;
  now.stage?.close();
  stopJudging();
  Object.assign(now, { item, crop: null });
  queue.first = item;
  byId("photo").hidden = false;
  now.stage = new Stage(item.url, item.file.name, read);
  now.stage.ready.catch(() => {}); // a format that browsers do not show: see showUnshown
  byId("canvas-room").replaceChildren(now.stage.frame);
  showFacts();
  listQueue();
  queue.run();
}

function listQueue() {
  byId("queue").hidden = queue.items.length < 2;
  const list = byId("queue").firstElementChild;
  queue.items.forEach((item, place) => {
    const entry = list.children[place] ?? list.appendChild(queueEntry(item));
    const button = entry.firstElementChild;
    button.dataset.state = item.state;
    button.setAttribute("aria-current", String(item === now.item));
    const score = { done: item.answer?.score.toFixed(1), failed: "failed", looking: "…", waiting: "" }[item.state];
    button.lastElementChild.textContent = score;
    button.classList.toggle("low", item.answer?.level === "low");
    const words = { done: `score ${score}`, failed: "failed", looking: "being looked at", waiting: "waiting" }[item.state];
    button.setAttribute("aria-label", `${item.file.name}, ${words}`);
  });
}

function queueEntry(item) {
  const entry = make("li"), button = make("button", "", { type: "button" });
  const small = make("img", "", { src: item.url, alt: "", loading: "lazy", decoding: "async" });
  small.addEventListener("error", () => { small.hidden = true; }); // a format browsers do not show, or none
  button.append(small, make("b"));
  button.addEventListener("click", () => open(item));
  entry.append(button);
  return entry;
}

function showFacts() {
  const { item, stage } = now;
  byId("facts").replaceChildren(...facts(item));
  byId("photo").dataset.state = item.state;
  byId("photo").setAttribute("aria-busy", String(["waiting", "looking"].includes(item.state)));
  byId("view").disabled = item.state !== "done";
  if (item.state === "failed") byId("said").textContent = `${item.file.name}: ${item.problem.message}`;
  if (item.state !== "done") return;
  byId("said").textContent = `${item.file.name}: ${item.answer.words.text}`;
  const size = [item.answer.width, item.answer.height];
  stage.setSize(...size);
  now.crop = new CropFrame(stage.frame, size, (box) => moved(box));
  stage.ready.then(() => item === now.item && setView(now.view), () => showUnshown(item));
  offerCrops();
}

// TIFF, HEIC and the like: the service turns the photo into a JPEG that is shown instead.
async function showUnshown(item) {
  const { width, height } = item.answer;
  try {
    const response = await send(`v1/crop?box=0,0,${width},${height}&format=jpeg`, item.file);
    item.url = URL.createObjectURL(await response.blob());
    if (item !== now.item) return;
    await now.stage.replace(item.url);
    setView(now.view);
  } catch (problem) {
    byId("said").textContent = `${item.file.name}: ${problem.message}`;
  }
}

function setView(view) {
  const { maps } = now.item.answer;
  const attribute = view.startsWith("attribute:") ? view.slice("attribute:".length) : null;
  if (attribute !== null && !(attribute in maps.attributes)) return setView("evidence");
  now.view = view;
  const kind = attribute === null ? view : "attribute";
  const rows = attribute === null ? maps.evidence : maps.attributes[attribute].values;
  now.stage.show(view === "photo" ? null : { map: view === "within" ? withinThis(mapOfRows(rows)) : mapOfRows(rows), kind, name: attribute ?? view });
  byId("legend").replaceChildren(...legend(kind, attribute ?? ""));
  for (const radio of byId("view").querySelectorAll("input")) radio.checked = radio.value === view;
  for (const button of document.querySelectorAll("[data-attribute]")) {
    button.setAttribute("aria-pressed", String(button.dataset.attribute === attribute));
  }
}

function read(text, value) {
  byId("reading").textContent = text ?? "";
  byId("reading").className = value < 0 ? "low" : "high";
}

function offerCrops() {
  const { crops, cropProblem } = now.item;
  for (const button of document.querySelectorAll("[data-aspect]")) button.disabled = crops === null;
  if (cropProblem) byId("about-crop").replaceChildren(make("p", "problem", { textContent: cropProblem.message }));
}

function pressAspect(aspect) {
  const pressed = document.querySelector(`[data-aspect="${aspect}"]`).getAttribute("aria-pressed") === "true";
  for (const button of document.querySelectorAll("[data-aspect]")) {
    button.setAttribute("aria-pressed", String(!pressed && button.dataset.aspect === aspect));
  }
  stopJudging();
  document.querySelector("[data-save='crop']").hidden = pressed;
  const wasCropping = now.stage.whole;
  now.stage.whole = !pressed; // a divider would be in the frame's way
  now.stage.frame.classList.toggle("cropping", !pressed);
  if (pressed || !wasCropping) setView(pressed ? "evidence" : "photo");
  if (pressed) {
    now.crop.hide();
    byId("about-crop").replaceChildren();
    return;
  }
  const proposal = now.item.crops.find((crop) => crop.aspect === aspect);
  now.crop.show(proposal.box, aspect === "free");
  tellCrop(proposal.box, proposal.p_high_after, proposal.words);
}

function tellCrop(box, after, told) {
  const before = now.item.answer.p_high;
  byId("about-crop").replaceChildren(...aboutCrop(box, before, after, told));
}

function stopJudging() {
  clearTimeout(now.timer);
  now.judging?.abort();
}

function moved(box) {
  const { item } = now;
  stopJudging();
  tellCrop(box, undefined);
  now.timer = setTimeout(async () => {
    const judging = (now.judging = new AbortController());
    try {
      const response = await send(`v1/crop?box=${box.join(",")}&format=json`, item.file, { signal: judging.signal });
      const { p_high_after: after, words } = await response.json();
      if (!judging.signal.aborted && item === now.item) tellCrop(box, after, words);
    } catch (problem) {
      if (!judging.signal.aborted) tellCrop(box, null, problem.message);
    }
  }, JUDGE_AFTER_MS);
}

const SAVES = {
  async crop({ file }, stem) {
    const response = await send(`v1/crop?box=${now.crop.box.join(",")}&format=image`, file);
    const suffix = response.headers.get("Content-Disposition").match(/crop(\.\w+)/)[1];
    save(await response.blob(), `${stem}-crop${suffix}`);
  },
  async panel({ file }, stem) {
    save(await (await send("v1/explain?format=png", file)).blob(), `${stem}-panel.png`);
  },
  async json({ answer, crops }, stem) {
    save(new Blob([JSON.stringify({ ...answer, crops })], { type: "application/json" }), `${stem}.json`);
  },
};

async function press(button) {
  const { act, aspect, attribute, save: wanted } = button.dataset;
  if (act === "again") queue.again(now.item);
  else if (aspect) pressAspect(aspect);
  else if (attribute) setView(button.getAttribute("aria-pressed") === "true" ? "evidence" : `attribute:${attribute}`);
  else if (wanted) {
    button.disabled = true;
    try {
      await SAVES[wanted](now.item, now.item.file.name.replace(/\.[^.]*$/, ""));
      byId("said").textContent = "Saved.";
    } catch (problem) {
      button.after(make("p", "problem", { textContent: problem.message, role: "alert" }));
    }
    button.disabled = false;
  }
}

for (const [value, label] of VIEWS) {
  const wrap = make("label"), radio = make("input", "", { type: "radio", name: "view", value, checked: value === "evidence" });
  radio.addEventListener("change", () => setView(value));
  wrap.append(radio, make("span", "", { textContent: label }));
  byId("view").append(wrap);
}
byId("view").disabled = true;
byId("facts").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) press(button);
});
byId("choose").addEventListener("change", (event) => {
  take(event.target.files);
  event.target.value = "";
});
const over = (event) => {
  if (!event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("over", event.type !== "drop");
  if (event.type === "drop") take(event.dataTransfer.files);
};
for (const type of ["dragenter", "dragover", "drop"]) document.addEventListener(type, over);
document.addEventListener("dragleave", (event) => event.relatedTarget === null && document.body.classList.remove("over"));
document.addEventListener("paste", (event) => take(event.clipboardData?.files ?? []));
document.documentElement.dataset.ready = "";
