// What the file holds: what was said of each photograph, and its thumbnail and maps, as text.
import { isKnown, places } from "./elements.js";
import { decodeMap, withinThis } from "./maps.js";

export const said = JSON.parse(document.getElementById("said").textContent);
export const photos = said.photographs.map((record, index) => ({
  ...record, index, path: record.folder ? `${record.folder}/${record.name}` : record.name,
  faultWords: record.faults.map(([name]) => name).join(", "),
  faultNames: record.faults.map(([name]) => name), camera: record.exif.camera ?? "", lens: record.exif.lens ?? "",
}));

/** Whether there are maps: a report of a table has none. */
export const hasMaps = photos.some(({ map }) => map !== null);

places(photos.map((photo) => photo.score)).forEach((place, i) => { photos[i].place = place; });

const payloads = [...document.querySelectorAll("script.payload")];
const piece = (photo, number) => payloads[photo.index].textContent.split(",", number + 1)[number];

/** The thumbnail as a data: URL, made anew at every call so that nothing is kept for it. */
export const thumbnailUrl = (photo) => `data:image/jpeg;base64,${piece(photo, 0)}`;

/** A photo's map: that of the evidence for 0, of its nth most probable attribute for n. */
export const mapOf = (photo, number = 0) => decodeMap(piece(photo, 1 + number), ...photo.map);

// Behind the maps of attributes stand that of technical quality, for 1, and those of the faults that are named.
function technicalMapOf(photo, number) {
  if (photo.technical === null || number > photo.faults.length + 1) return null;
  return { map: mapOf(photo, photo.attributes.length + number), kind: number === 1 ? "evidence" : "fault" };
}

/** The map that a view asks for, the way to paint it and where not to, or null where there is none that means anything. */
export function mapFor(photo, view) {
  const found = mapOfView(photo, view);
  return found && { ...found, uncoloured: photo.uncoloured };
}

function mapOfView(photo, view) {
  if (view === "photo" || photo.map === null || !isKnown(photo.doubt)) return null;
  const [name, number = 1] = view.split(":").map((part, i) => (i ? Number(part) : part));
  if (name === "within") return { map: withinThis(mapOf(photo)), kind: view };
  if (name === "technical") return technicalMapOf(photo, number);
  if (name !== "attribute") return { map: mapOf(photo), kind: view };
  return number <= photo.attributes.length ? { map: mapOf(photo, number), kind: "attribute" } : null;
}
