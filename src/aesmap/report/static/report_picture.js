// A thumbnail in a frame of its own proportions: the picture, a map over it, a crop marked in it.
import { make } from "./elements.js";
import { drawMap } from "./maps.js";
import { mapFor, thumbnailUrl } from "./report_data.js";
import { markCrop } from "./report_pane.js";
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

/** Show a photo with a view ("photo", "evidence", ...) and a crop (a name, or ""). */
export async function showPicture(frame, photo, view, crop) {
  markCrop(frame, photo, crop);
  const wanted = `${photo.index} ${view}`;
  if (frame.dataset.shown === wanted) return;
  frame.dataset.shown = wanted;
  const thumbnail = frame.querySelector("img");
  if (!thumbnail.src) thumbnail.src = thumbnailUrl(photo);
  const found = mapFor(photo, view);
  if (found === null) frame.querySelector("canvas")?.remove();
  try {
    await thumbnail.decode();
  } catch {
    return; // it went out of sight while it was decoded
  }
  if (found !== null && frame.dataset.shown === wanted) drawOver(frame, thumbnail, found);
}

function drawOver(frame, thumbnail, { map, kind, uncoloured }) {
  const canvas = make("canvas", "map", { width: thumbnail.naturalWidth, height: thumbnail.naturalHeight });
  canvas.setAttribute("aria-hidden", "true");
  drawMap(canvas, thumbnail, map, kind, uncoloured);
  frame.querySelector("canvas")?.remove();
  thumbnail.after(canvas);
}
