// What the file holds: what was said of each photograph, and its thumbnail and maps, as text.
import { places } from "./elements.js";
import { decodeMap, withinThis } from "./maps.js";

export const said = JSON.parse(document.getElementById("said").textContent);
export const photos = said.photographs.map((record, index) => ({
  ...record, index, path: record.folder ? `${record.folder}/${record.name}` : record.name,
  level: record.logit > 0 ? "high" : "low",
}));

places(photos.map((photo) => photo.score)).forEach((place, i) => { photos[i].place = place; });

const payloads = [...document.querySelectorAll("script.payload")];
const piece = (photo, number) => payloads[photo.index].textContent.split(",", number + 1)[number];

/** The thumbnail as a data: URL, made anew at every call so that nothing is kept for it. */
export const thumbnailUrl = (photo) => `data:image/jpeg;base64,${piece(photo, 0)}`;

/** A photo's map: that of the evidence for 0, of its nth most probable attribute for n. */
export const mapOf = (photo, number = 0) => decodeMap(piece(photo, 1 + number), ...photo.map);

/** The map that a view asks for, with the way to paint it, or null where there is none. */
export function mapFor(photo, view) {
  if (view === "photo") return null;
  if (view === "within") return { map: withinThis(mapOf(photo)), kind: view };
  if (view !== "attribute" && !view.startsWith("attribute:")) return { map: mapOf(photo), kind: view };
  const number = Number(view.split(":")[1] ?? 1);
  return number <= photo.attributes.length ? { map: mapOf(photo, number), kind: "attribute" } : null;
}
