// Decisions as files: for `aesmap tag --from`, as a table, as a list.
import { isKnown, make } from "./elements.js";
import { decidedPhotos, decisionOf } from "./report_decisions.js";
import { said } from "./report_data.js";

// Relative to the report, as `aesmap` takes paths; none begins as a spreadsheet's formula does.
function fromReport(photo) {
  const path = said.folder && said.folder !== "." ? `${said.folder}/${photo.path}` : photo.path;
  return /^[=+\-@\t\r]/.test(path) ? `./${path}` : path;
}

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What `aesmap tag --from` reads: aesmap.review.exported. */
export function asDecisions() {
  const photographs = decidedPhotos().map((photo) => ({ path: photo.path, fingerprint: photo.fingerprint, ...decisionOf(photo) }));
  return JSON.stringify({ aesmap: "decisions", version: 1, folder: said.folder, photographs }, null, 1);
}

export function asTable() {
  const lines = decidedPhotos().map((photo) => {
    const { stars, flag } = decisionOf(photo);
    return [quoted(fromReport(photo)), stars || "", flag, isKnown(photo.doubt) ? photo.score : ""].join(",");
  });
  return ["path,stars,flag,score", ...lines, ""].join("\n");
}

export const asList = (shown) => shown.map((photo) => `${fromReport(photo)}\n`).join("");

/** Have the browser save a text. */
export function save(text, ending, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const name = document.title.replace(/[^\p{L}\p{N} _-]+/gu, "_").slice(0, 80) || "report";
  const link = make("a", "", { href: url, download: `${name}-${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
