// A ZIP of files as they are, without compression: photographs are compressed already.
// The format is PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16.

const MOST_FILES = 0xffff, MOST_BYTES = 0xffffffff; // beyond these the format needs ZIP64
const NAMES_ARE_UTF8 = 0x0800;
const VERSION = 20; // 2.0, the least that readers look for

const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** The CRC-32 of bytes (ISO 3309, reflected), as ZIP has it. */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) value = CRC[(value ^ bytes[i]) & 0xff] ^ (value >>> 8);
  return ~value >>> 0;
}

/** One blob of several files, [{ name, blob }]; RangeError for more than the format holds. */
export async function zipOf(files, date = new Date()) {
  if (files.length > MOST_FILES) throw new RangeError(`A ZIP holds at most ${MOST_FILES.toLocaleString("en")} files.`);
  const parts = [], directory = [];
  let offset = 0;
  for (const { name, blob } of files) {
    const label = new TextEncoder().encode(name);
    const about = [VERSION, NAMES_ARE_UTF8, 0, ...stamp(date)];
    const sizes = [crc32(new Uint8Array(await blob.arrayBuffer())), blob.size, blob.size];
    const local = record(0x04034b50, about, sizes, [label.length, 0]);
    if (offset + local.length + label.length + blob.size > MOST_BYTES) throw new RangeError("These are more than the 4 GB that a ZIP holds: take fewer photographs.");
    directory.push(record(0x02014b50, [VERSION, ...about], sizes, [label.length, 0, 0, 0, 0], [0, offset]), label);
    parts.push(local, label, blob);
    offset += local.length + label.length + blob.size;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = record(0x06054b50, [0, 0, files.length, files.length], [size, offset], [0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

// A signature, then numbers in little-endian order: two bytes each, four, two, four.
function record(signature, ...groups) {
  const widths = groups.map((numbers, i) => numbers.map((number) => [number, i % 2 ? 4 : 2])).flat();
  const bytes = new DataView(new ArrayBuffer(widths.reduce((sum, [, width]) => sum + width, 4)));
  bytes.setUint32(0, signature, true);
  let at = 4;
  for (const [number, width] of widths) {
    if (width === 2) bytes.setUint16(at, number, true);
    else bytes.setUint32(at, number, true);
    at += width;
  }
  return new Uint8Array(bytes.buffer);
}

// Time and date as MS-DOS has them: in steps of two seconds, years from 1980.
function stamp(date) {
  return [
    (date.getHours() << 11) | (date.getMinutes() << 5) | (date.getSeconds() >> 1),
    ((date.getFullYear() - 1980) << 9) | ((date.getMonth() + 1) << 5) | date.getDate(),
  ];
}
