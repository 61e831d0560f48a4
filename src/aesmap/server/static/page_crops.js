// The crops of many photographs, in their own pixels, as one ZIP.
import { send } from "./page_service.js";
import { zipOf } from "./page_zip.js";

/** The end that a crop's name is to have, as the service says. */
export const suffixOf = (response) => response.headers.get("Content-Disposition").match(/crop(\.\w+)/)[1];
export const stemOf = (file) => file.name.replace(/\.[^.]*$/, "");

/**
 * A ZIP of the crop of an aspect of each photo: { blob, problems }, problems as [name, words].
 *
 * Frames that were moved by hand are cut where they were left. `told` is given the number that is
 * done. An abort of `signal` ends it with what there is.
 */
export async function cropsOf(items, aspect, signal, told) {
  const files = [], problems = [], taken = new Set();
  for (const [done, item] of items.entries()) {
    told(done);
    const box = item.frames[aspect];
    const query = new URLSearchParams({ ...(box ? { box: box.join(",") } : { aspect }), format: "image" });
    try {
      const response = await send(`v1/crop?${query}`, item.file, { signal });
      const name = unused(taken, `${stemOf(item.file)}-${aspect.replace(":", "x")}`, suffixOf(response));
      files.push({ name, blob: await response.blob() });
    } catch (problem) {
      if (signal.aborted) break;
      problems.push([item.file.name, problem.message]);
    }
  }
  return { blob: files.length ? await zipOf(files) : null, number: files.length, problems };
}

// Two photographs may have one name; some systems see no difference between a.jpg and A.jpg.
function unused(taken, stem, suffix) {
  const plain = stem.replace(/[/\\:*?"<>|\u0000-\u001f]/g, "_");
  let name = plain + suffix;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${plain} (${number})${suffix}`;
  taken.add(name.toLowerCase());
  return name;
}
