// The pane of the report: the photograph itself where it still lies beside the page, its thumbnail otherwise.
import { make } from "./elements.js";
import { drawMapUnread } from "./maps.js";
import { PhotoPane } from "./photo_pane.js";
import { mapFor, thumbnailUrl } from "./report_data.js";
import { alternative } from "./report_words.js";

const TIMES_SMALL = 2; // a thumbnail, or a small photograph, is enlarged at least so often

/** What all panes show: the zoom, the kind of the map ("photo" for none), the crop ("" for none). */
export const look = { zoom: null, kind: "photo", crop: "" };
const reportPanes = new Set();
/** Have all panes show what `look` says. */
export const redraw = () => { for (const pane of reportPanes) pane.draw(); };

export class ReportPane extends PhotoPane {
  constructor(onSwipe) {
    super(look, redraw, onSwipe);
    this.note = make("p", "note", { textContent: "Its thumbnail: the photograph is not where it was", hidden: true });
    this.element.append(this.note);
    reportPanes.add(this);
  }

  urlOf(photo, size) { return { thumbnail: thumbnailUrl(photo), preview: photo.href, full: "" }[size]; }

  mapOf(photo, kind) { return mapFor(photo, kind); }

  spokenOf(photo) { return alternative(photo); }

  /** Whether there is only the thumbnail to enlarge. */
  get isThumbnail() { return this.images.preview === false; }

  get pixels() { return this.isThumbnail ? this.best.naturalWidth : this.photo.width; }

  get leastZoom() { return TIMES_SMALL; }

  // Browsers let nobody read the pixels of a file beside the page.
  blend(canvas, image, found) {
    const thumbnail = this.images.thumbnail;
    if (image === thumbnail || !drawMapUnread(canvas, image, found.map, found.kind, found.uncoloured)) super.blend(canvas, thumbnail || image, found);
  }

  layOut() {
    const isLaidOut = super.layOut();
    if (isLaidOut) markCrop(this.picture, this.photo, look.crop);
    this.note.hidden = !look.zoom || !this.isThumbnail;
    return isLaidOut;
  }
}

/** Mark a crop of a photograph on what shows it whole; none where the name is empty. */
export function markCrop(element, photo, name) {
  element.querySelector(".crop")?.remove();
  if (!name || !photo.crops[name]) return;
  const [left, top, right, bottom] = photo.crops[name];
  const mark = make("span", "crop");
  Object.assign(mark.style, {
    left: `${(100 * left) / photo.width}%`, top: `${(100 * top) / photo.height}%`,
    width: `${(100 * (right - left)) / photo.width}%`, height: `${(100 * (bottom - top)) / photo.height}%`,
  });
  element.append(mark);
}
