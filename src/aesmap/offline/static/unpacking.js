// What offline/packing.py put into the page as text: seven bits of a gzip file in each letter.

/** The bytes that a packed text holds, unzipped: an ArrayBuffer. */
export async function unpacked(text) {
  const zipped = new Uint8Array(Math.floor((7 * text.length) / 8));
  let bits = 0, number = 0, to = 0;
  for (let i = 0; i < text.length; i++) {
    bits = ((bits << 7) | (text.charCodeAt(i) & 127)) & 0xffff; // letters that HTML would change stand 128 or more higher
    number += 7;
    if (number < 8) continue;
    number -= 8;
    zipped[to++] = bits >> number;
  }
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}
