// The photograph with a map over part of it: a divider between the two, and a probe that reads it.
import { make, signed, UNCOLOURED } from "./elements.js";
import { drawMap, isUncoloured, valueAt } from "./maps.js";

const MOST_PX = 1600; // of a canvas, whatever the screen: maps hold no finer detail
const STEP = 0.02;

/** The stage for one photo; `read` is told the value under pointer or probe, or null. */
export class Stage {
  constructor(url, name, read) {
    this.read = read;
    this.shown = null;
    this.share = 0.5; // where the divider stands: the map is right of it
    this.whole = false; // whether the map covers all instead, with no divider
    this.frame = make("div", "frame stage");
    this.image = make("img", "", { src: url, alt: name, draggable: false });
    this.canvas = make("canvas", "map");
    this.canvas.setAttribute("aria-hidden", "true");
    this.divider = make("div", "divider", { tabIndex: 0, hidden: true });
    this.probe = make("button", "probe", { type: "button", hidden: true });
    this.probe.setAttribute("aria-label", "Probe: arrow keys move it, and what the map says there is read out");
    const words = { role: "slider", "aria-label": "Divider between photograph and map", "aria-valuemin": "0", "aria-valuemax": "100" };
    for (const [key, value] of Object.entries(words)) this.divider.setAttribute(key, value);
    this.frame.append(this.image, this.canvas, this.divider, this.probe);
    this.point = [0.5, 0.5];
    this.#listen();
    this.ready = this.image.decode().then(() => this.setSize(this.image.naturalWidth, this.image.naturalHeight));
    this.watcher = new ResizeObserver(() => this.draw());
    this.watcher.observe(this.frame);
  }

  setSize(width, height) { this.frame.style.setProperty("--ratio", width / height); }

  close() { this.watcher.disconnect(); }

  /** Show another picture of the same photo, for those that the browser cannot show. */
  async replace(url) {
    this.image.src = url;
    await this.image.decode();
    this.setSize(this.image.naturalWidth, this.image.naturalHeight);
    this.drawn = "";
    this.draw();
  }

  /** Lay a map over the photo: { map, kind, name, uncoloured }, or null for none. */
  show(shown) {
    this.shown = shown;
    this.divider.hidden = shown === null || this.whole;
    this.probe.hidden = this.canvas.hidden = shown === null;
    this.drawn = "";
    this.draw();
    this.divide(this.share);
    this.read(null);
  }

  draw() {
    if (this.shown === null || !this.image.naturalWidth || !this.frame.clientWidth) return;
    const wanted = this.frame.clientWidth * Math.min(devicePixelRatio, 2);
    const longer = Math.max(this.image.naturalWidth, this.image.naturalHeight);
    const scale = Math.min(wanted / this.image.naturalWidth, MOST_PX / longer);
    const width = Math.max(1, Math.round(this.image.naturalWidth * scale));
    const height = Math.max(1, Math.round(this.image.naturalHeight * scale));
    if (this.drawn === `${width} ${height}`) return;
    this.drawn = `${width} ${height}`;
    Object.assign(this.canvas, { width, height });
    drawMap(this.canvas, this.image, this.shown.map, this.shown.kind, this.shown.uncoloured);
    this.frame.dataset.drawn = this.shown.name;
  }

  divide(share) {
    this.share = Math.min(Math.max(share, 0), 1);
    const percentage = `${100 * this.share}%`;
    this.divider.style.left = percentage;
    this.canvas.style.clipPath = this.whole ? "none" : `inset(0 0 0 ${percentage})`;
    const whole = Math.round(100 * this.share);
    this.divider.setAttribute("aria-valuenow", String(whole));
    this.divider.setAttribute("aria-valuetext", `photograph left ${whole} %, map the rest`);
  }

  readAt(x, y) {
    if (this.shown === null) return;
    if (isUncoloured(this.shown.uncoloured, x, y)) return this.read(UNCOLOURED);
    const value = valueAt(this.shown.map, x, y);
    const own = ["attribute", "fault"].includes(this.shown.kind) || this.shown.name === "technical";
    const about = own ? this.shown.name.replaceAll("_", " ") : this.shown.kind === "within" ? "evidence against this photo\u2019s mean" : "evidence";
    this.read(`${about} here: ${signed(value)} log-odds`, value);
  }

  #listen() {
    const place = (event) => {
      const box = this.frame.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    this.frame.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (this.divider.hasPointerCapture(event.pointerId)) this.divide(x);
      else if (x >= 0 && x <= 1 && y >= 0 && y <= 1) this.readAt(x, y);
    });
    this.frame.addEventListener("pointerleave", () => this.read(null));
    this.divider.addEventListener("pointerdown", (event) => {
      this.divider.setPointerCapture(event.pointerId);
      this.divider.focus();
      event.preventDefault();
    });
    this.divider.addEventListener("keydown", (event) => {
      const to = { ArrowLeft: this.share - STEP, ArrowDown: this.share - STEP, ArrowRight: this.share + STEP,
        ArrowUp: this.share + STEP, Home: 0, End: 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      this.divide(to);
    });
    const moveProbe = (x, y) => {
      this.point = [Math.min(Math.max(x, 0), 1), Math.min(Math.max(y, 0), 1)];
      this.probe.style.left = `${100 * this.point[0]}%`;
      this.probe.style.top = `${100 * this.point[1]}%`;
      this.readAt(...this.point);
    };
    this.probe.addEventListener("focus", () => moveProbe(...this.point));
    this.probe.addEventListener("blur", () => this.read(null));
    this.probe.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (!by) return;
      event.preventDefault();
      moveProbe(this.point[0] + STEP * by[0], this.point[1] + STEP * by[1]);
    });
  }
}
