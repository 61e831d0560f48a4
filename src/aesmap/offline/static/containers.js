// What a file is by its bytes, and whether it is all there: browsers show half a photograph without a word.

/** JPEG, PNG, GIF, WEBP, BMP, AVIF, TIFF or HEIF; null for what is no picture that is known here. */
export function formatOf(bytes) {
  const text = (from, to) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return "JPEG";
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return "PNG";
  if (["GIF87a", "GIF89a"].includes(text(0, 6))) return "GIF";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "WEBP";
  if (text(0, 2) === "BM") return "BMP";
  if (["II*\0", "MM\0*"].includes(text(0, 4))) return "TIFF";
  if (text(4, 8) === "ftyp") return /^avi[fs]/.test(text(8, 12)) ? "AVIF" : "HEIF";
  return null;
}

/** Whether the file reaches to the end of its picture, as far as that can be told. */
export function isComplete(bytes, format) {
  if (format === "JPEG") return jpegOf(bytes).isComplete;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (format === "WEBP") return bytes.length >= 12 && view.getUint32(4, true) + 8 <= bytes.length;
  if (format !== "PNG") return true;
  for (let at = 8; at + 12 <= bytes.length; at += view.getUint32(at) + 12) {
    if (view.getUint32(at + 4) === 0x49454e44) return true; // IEND
  }
  return false;
}

/** Of a JPEG's bytes: its EXIF orientation, 1 to 8, and whether its picture ends (ITU-T T.81, annex B). */
export function jpegOf(bytes) {
  let orientation = null, isFound = false;
  for (let at = 2; at + 1 < bytes.length; ) {
    if (bytes[at] !== 0xff) { at++; continue; } // entropy-coded data, or bytes that belong to nothing
    const marker = bytes[at + 1];
    if (marker === 0xd9) { isFound = true; break; }
    if (marker === 0xff) { at++; continue; } // fill bytes
    if (marker === 0 || marker === 1 || (marker >= 0xd0 && marker <= 0xd8)) { at += 2; continue; }
    const length = (bytes[at + 2] << 8) | bytes[at + 3];
    if (marker === 0xe1 && orientation === null) orientation = orientationOf(bytes.subarray(at + 4, at + 2 + length));
    at += 2 + length;
    if (marker !== 0xda) continue;
    // Most of a file is what follows a start of scan: to the next marker.
    while (at >= 0 && at + 1 < bytes.length && (bytes[at] !== 0xff || bytes[at + 1] === 0 || (bytes[at + 1] >= 0xd0 && bytes[at + 1] <= 0xd7))) {
      at = bytes.indexOf(0xff, at + 1);
    }
    if (at < 0) break;
  }
  return { orientation: orientation ?? 1, isComplete: isFound };
}

const ORIENTATION = 0x0112;

// From an APP1 segment; null where it is no EXIF or does not say.
function orientationOf(segment) {
  if (String.fromCharCode(...segment.subarray(0, 6)) !== "Exif\0\0" || segment.length < 14) return null;
  const view = new DataView(segment.buffer, segment.byteOffset + 6, segment.byteLength - 6);
  try {
    const little = view.getUint16(0) === 0x4949, directory = view.getUint32(4, little);
    for (let i = 0; i < view.getUint16(directory, little); i++) {
      const entry = directory + 2 + 12 * i;
      if (view.getUint16(entry, little) !== ORIENTATION) continue;
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : null;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // cut short
  }
  return null;
}
