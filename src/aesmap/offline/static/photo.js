// A photograph that the browser decodes, upright and in sRGB, at full size or reduced as libjpeg reduces.
import { jpegOf } from "./containers.js";
import { emptyPicture, reduce } from "./pixels.js";

const STRIP_ROWS = 512; // read at a time: a multiple of every reduction
// Where the corner that a file begins with lies on the right, or at the bottom, of the upright picture.
const REVERSED_X = new Set([2, 3, 6, 7]), REVERSED_Y = new Set([3, 4, 7, 8]);

export class Photo {
  /** Decode a file's bytes of a known format; rejects where the browser cannot. */
  static async open(bytes, format) {
    const bitmap = await createImageBitmap(new Blob([bytes]), { imageOrientation: "from-image", colorSpaceConversion: "default" });
    return new Photo(bitmap, format, format === "JPEG" ? jpegOf(bytes).orientation : 1);
  }

  constructor(bitmap, format, orientation) {
    Object.assign(this, { bitmap, format, orientation, width: bitmap.width, height: bitmap.height, pictures: new Map() });
  }

  close() { this.bitmap.close(); }

  /** Its pixels reduced by a whole factor. */
  picture(factor = 1) {
    if (!this.pictures.has(factor)) this.pictures.set(factor, this.#read(factor));
    return this.pictures.get(factor);
  }

  /** Forget all pictures but those of this factor. */
  keepOnly(factor) {
    for (const other of [...this.pictures.keys()]) if (other !== factor) this.pictures.delete(other);
  }

  #read(factor) {
    const { width, height, orientation } = this, lack = (side) => (factor - (side % factor)) % factor;
    const lacks = [REVERSED_X.has(orientation) ? lack(width) : 0, REVERSED_Y.has(orientation) ? lack(height) : 0];
    const result = emptyPicture(Math.ceil(width / factor), Math.ceil(height / factor));
    const canvas = new OffscreenCanvas(width, Math.min(STRIP_ROWS, height));
    const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
    for (let top = 0, to = 0; top < height; ) {
      const lackY = top === 0 ? lacks[1] : 0, rows = Math.min(STRIP_ROWS - lackY, height - top);
      context.fillStyle = "#fff"; // what is transparent stands on a white page
      context.fillRect(0, 0, width, rows);
      context.drawImage(this.bitmap, 0, -top);
      const strip = context.getImageData(0, 0, width, rows);
      const part = factor === 1 ? strip : reduce(strip, factor, [lacks[0], lackY]);
      result.data.set(part.data, to);
      to += part.data.length;
      top += rows;
    }
    return result;
  }

  /** A part of it, [left, top, right, bottom], encoded by the browser as `type`: a blob. */
  async encoded([left, top, right, bottom], type, quality) {
    const canvas = new OffscreenCanvas(right - left, bottom - top), context = canvas.getContext("2d", { colorSpace: "srgb" });
    if (type === "image/jpeg") {
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.drawImage(this.bitmap, -left, -top);
    return canvas.convertToBlob({ type, quality });
  }
}
