// The pane of a review: its pictures and maps come from the server.
import { decodeMap } from "./maps.js";
import { PhotoPane } from "./photo_pane.js";
import * as api from "./review_api.js";

const details = new Map(); // the last few, by address

/** What is said of a photograph at length; null as long as it is not scored. */
export async function detailOf(photo) {
  const key = `${photo.id} ${photo.version}`;
  if (!details.has(key)) {
    const found = await api.detail(photo.id);
    if (found === null) return null;
    details.set(key, found);
    if (details.size > 60) details.delete(details.keys().next().value);
  }
  return details.get(key);
}

// The map that a kind names, "evidence", "technical" or "attribute:0", with the way to paint it.
function mapOf(detail, kind) {
  if (!detail || !kind) return null;
  const decode = (cells) => decodeMap(cells, ...detail.shape);
  if (kind === "evidence") return detail.evidence && { map: decode(detail.evidence), kind };
  if (kind === "technical") return detail.technicalMap && { map: decode(detail.technicalMap), kind: "evidence" };
  const attribute = detail.attributes[Number(kind.split(":")[1])];
  return attribute ? { map: decode(attribute.map), kind: "attribute" } : null;
}

/** A pane that shows a photograph of the shoot. */
export class Pane extends PhotoPane {
  keyOf(photo) { return `${photo.id} ${photo.version}`; }

  urlOf(photo, size) { return api.pictureOf(photo, size); }

  async mapOf(photo, kind) {
    const detail = await detailOf(photo).catch(() => null), found = mapOf(detail, kind);
    return found && { ...found, uncoloured: detail.uncoloured };
  }

  problemOf(photo) { return photo.problem ?? ""; }
}
