// A picture that the browser shows, of every photograph: TIFF, HEIC and the like as a JPEG of the service's.
import { send } from "./page_service.js";

const converted = new WeakMap();

/** An address of the photo, or of a JPEG of it where the browser cannot show the photo itself. Raises Problem. */
export async function shownUrl(item) {
  if (converted.has(item)) return converted.get(item);
  const image = new Image();
  image.src = item.url;
  try {
    await image.decode();
    return item.url;
  } catch {
    return convertedUrl(item);
  }
}

/** The same where it is known already that the browser cannot show the photo. */
export function convertedUrl(item) {
  if (!converted.has(item)) {
    const asked = convert(item);
    converted.set(item, asked);
    asked.catch(() => converted.delete(item)); // a busy service may have time later
  }
  return converted.get(item);
}

async function convert({ file, answer: { width, height } }) {
  const response = await send(`v1/crop?box=0,0,${width},${height}&format=jpeg`, file);
  return URL.createObjectURL(await response.blob());
}
