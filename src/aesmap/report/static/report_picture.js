// A photo in a frame of its own proportions: the picture, a map over it, a crop marked in it.
import { make } from "./elements.js";
import { drawMap, drawMapUnread } from "./maps.js";
import { mapFor, thumbnailUrl } from "./report_data.js";
import { alternative } from "./report_words.js";

/** An empty frame; showPicture fills it and clearPicture empties it again. */
export function pictureFrame(photo) {
  const frame = make("span", "frame");
  frame.style.setProperty("--ratio", photo.width / photo.height);
  frame.append(make("img", "", { alt: alternative(photo), decoding: "async", draggable: false }));
  return frame;
}

export function clearPicture(frame) {
  frame.querySelector("img").removeAttribute("src");
  frame.querySelector("canvas")?.remove();
  frame.dataset.shown = "";
}

/**
 * Show a photo with a view ("photo", "evidence", ...) and a crop (a name, or "").
 *
 * `large` asks for the photo itself where it still lies beside the report, and for a map drawn at
 * the frame's own size; without it the thumbnail does.
 */
export async function showPicture(frame, photo, view, crop, large = false) {
  markCrop(frame, photo, crop);
  const wanted = `${photo.index} ${view} ${large ? frame.clientWidth : ""}`;
  if (frame.dataset.shown === wanted) return;
  frame.dataset.shown = wanted;
  const thumbnail = frame.thumbnail ?? frame.querySelector("img");
  if (!thumbnail.src) thumbnail.src = thumbnailUrl(photo);
  const found = mapFor(photo, view);
  if (found === null) frame.querySelector("canvas")?.remove();
  try {
    await thumbnail.decode();
  } catch {
    return; // it went out of sight while it was decoded
  }
  const isWanted = () => frame.dataset.shown === wanted;
  if (found !== null && isWanted()) drawOver(frame, thumbnail, found, photo, large);
  if (large && photo.href && !frame.original && (await loadOriginal(frame, photo, thumbnail))) {
    if (found !== null && isWanted()) drawOver(frame, thumbnail, found, photo, large);
  }
}

async function loadOriginal(frame, photo, thumbnail) {
  const original = make("img", "", { alt: thumbnail.alt, draggable: false, src: photo.href });
  try {
    await original.decode();
  } catch {
    return false; // moved or deleted since: the thumbnail stays
  }
  [frame.original, frame.thumbnail] = [original, thumbnail];
  thumbnail.replaceWith(original);
  return true;
}

function drawOver(frame, thumbnail, { map, kind }, { uncoloured }, large) {
  const scale = large ? (frame.clientWidth * Math.min(devicePixelRatio, 2)) / thumbnail.naturalWidth : 1;
  const width = Math.max(1, Math.round(thumbnail.naturalWidth * scale));
  const height = Math.max(1, Math.round(thumbnail.naturalHeight * scale));
  const canvas = make("canvas", "map", { width, height });
  canvas.setAttribute("aria-hidden", "true");
  if (!frame.original || !drawMapUnread(canvas, frame.original, map, kind, uncoloured)) {
    canvas.getContext("2d", { willReadFrequently: true }).imageSmoothingQuality = "high";
    drawMap(canvas, thumbnail, map, kind, uncoloured);
  }
  frame.querySelector("canvas")?.remove();
  frame.querySelector("img").after(canvas);
}

function markCrop(frame, photo, name) {
  frame.querySelector(".crop")?.remove();
  if (!name) return;
  const [left, top, right, bottom] = photo.crops[name];
  const mark = make("span", "crop");
  Object.assign(mark.style, {
    left: `${(100 * left) / photo.width}%`, top: `${(100 * top) / photo.height}%`,
    width: `${(100 * (right - left)) / photo.width}%`, height: `${(100 * (bottom - top)) / photo.height}%`,
  });
  frame.append(mark);
}
