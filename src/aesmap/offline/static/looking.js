// One photograph looked at: its assessment, its crops, each judged as a photograph of its own.
import { assess, highlightsOf } from "./assessing.js";
import { searchBox } from "./crop_search.js";
import { cropWords } from "./crop_words.js";
import { detectFaces } from "./face_detector.js";
import { KNOWN } from "./known.js";
import { mean } from "./maps.js";
import { cut } from "./pixels.js";
import { decodeSize, normalised, reductionFor, resized } from "./preprocessing.js";
import { boxShare } from "./regions.js";
import { clamp, rounded, sigmoid } from "./rounding.js";
import { isFamiliar } from "./scene_statistics.js";

const { kept_whole: KEPT_WHOLE, chosen: CHOSEN } = KNOWN.crops, { min_side: MIN_SIDE, model } = KNOWN;
const isWhole = ([left, top, right, bottom], { width, height }) => left === 0 && top === 0 && right === width && bottom === height;

export class Looked {
  constructor(photo, judge) {
    Object.assign(this, { photo, judge, said: null });
    this.factor = this.#factorFor(decodeSize(photo));
  }

  // Only a JPEG is decoded at reduced scale.
  #factorFor(wanted) { return this.photo.format === "JPEG" ? reductionFor(this.photo, wanted) : 1; }

  async assessment() {
    if (this.said !== null) return this.said;
    const { photo } = this, { width, height } = photo, picture = photo.picture(this.factor), input = resized(picture, photo);
    const smaller = picture.width * picture.height <= input.width * input.height ? picture : input;
    const given = await this.judge.mapsOf(normalised(input), input);
    const faces = await detectFaces(picture, photo, (pixels) => this.judge.facesIn(pixels));
    this.said = assess(given, { width, height, familiar: isFamiliar(photo, smaller), highlights: highlightsOf(input), faces });
    return this.said;
  }

  /** The box of an aspect. */
  async boxOf(aspect) { return searchBox(await this.assessment(), aspect); }

  /** Proposals for aspects, as the service answers them. */
  async crops(aspects) {
    const boxes = [];
    for (const aspect of aspects) boxes.push(await this.boxOf(aspect));
    const judged = await this.judged(boxes), { width, height } = this.photo;
    return judged.map((one, i) => {
      const [left, top, right, bottom] = one.box, share = rounded((100 * (right - left) * (bottom - top)) / (width * height));
      const reason = isWhole(one.box, this.photo) ? KEPT_WHOLE : CHOSEN.replace("{share}", `${share}%`);
      return { ...one, aspect: aspects[i], method: "search", reason, attribute: null };
    });
  }

  /** Boxes, each judged as a photograph of its own. */
  async judged(boxes) {
    const said = await this.assessment(), { photo } = this;
    const isLarge = ([left, top, right, bottom]) => Math.min(right - left, bottom - top) >= MIN_SIDE;
    const factor = this.#cropFactor(boxes.filter((box) => isLarge(box) && !isWhole(box, photo)));
    const known = new Map([[String([0, 0, photo.width, photo.height]), said.p_high]]), judged = [];
    for (const box of boxes) {
      const key = String(box);
      if (!known.has(key)) known.set(key, isLarge(box) ? await this.#chanceOf(box, factor) : null);
      const after = known.get(key), kept = boxShare(said.evidence, photo, box);
      judged.push({ box, evidence_kept: kept, evidence_lost: said.meanEvidence - kept, p_high_before: said.p_high, p_high_after: after,
        words: cropWords(said, box, after), focal_point: focalPoint(box, photo) });
    }
    photo.keepOnly(this.factor);
    return judged;
  }

  // The reduction at which every box still has the pixels that the model would want of a photo of its size.
  #cropFactor(boxes) {
    const { photo, factor } = this;
    let scale = 0;
    for (const [left, top, right, bottom] of boxes) {
      const size = { width: right - left, height: bottom - top }, wanted = decodeSize(size);
      scale = Math.max(scale, wanted.height / size.height, wanted.width / size.width);
    }
    scale = Math.min(1, scale);
    const wanted = { width: Math.max(1, Math.ceil(scale * photo.width)), height: Math.max(1, Math.ceil(scale * photo.height)) };
    const { width, height } = photo.picture(factor);
    return factor === 1 || (width >= wanted.width && height >= wanted.height) ? factor : this.#factorFor(wanted);
  }

  async #chanceOf([left, top, right, bottom], factor) {
    const { photo } = this, picture = photo.picture(factor), size = { width: right - left, height: bottom - top };
    const across = (x) => rounded((x * picture.width) / photo.width), down = (y) => rounded((y * picture.height) / photo.height);
    const l = Math.min(across(left), picture.width - 1), t = Math.min(down(top), picture.height - 1);
    const input = resized(cut(picture, [l, t, Math.max(l + 1, across(right)), Math.max(t + 1, down(bottom))]), size);
    const { evidence } = await this.judge.mapsOf(normalised(input), input);
    return sigmoid(mean(evidence) + model.level_bias);
  }
}

// crop_assessment.focal_point_of: the object-position by which CSS shows a crop.
function focalPoint([left, top, right, bottom], { width, height }) {
  const scale = Math.min(width / (right - left), height / (bottom - top));
  return [[left, right, width], [top, bottom, height]].map(([start, stop, extent]) => {
    const shown = scale * (stop - start), middle = (start + stop) / 2, room = extent - shown;
    const along = room >= 1 ? (middle - shown / 2) / room : middle / extent;
    return rounded(10_000 * clamp(along, 0, 1)) / 10_000;
  });
}
