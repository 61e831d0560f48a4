// A photograph beside its maps, with its numbers and words, as one PNG.
import { percent, UNCOLOURED } from "./elements.js";
import { drawMap, mapOfRows } from "./maps.js";

const TILE = 620, GAP = 24, MARGIN = 40, FONT = "system-ui, sans-serif";
const INK = "#1c1c1e", MUTED = "#5b5b60", PAPER = "#ffffff";

/** Draw the panel of an answer: a blob. */
export async function panelOf(photo, answer, name) {
  const { evidence, technical, uncoloured } = answer.maps, scale = Math.min(TILE / photo.width, TILE / photo.height, 1);
  const width = Math.max(1, Math.round(photo.width * scale)), height = Math.max(1, Math.round(photo.height * scale));
  const tiles = [["Photo", `${answer.width} × ${answer.height}`, null],
    ["Evidence", `score ${answer.score.toFixed(1)} of 10, ${percent(answer.p_high)} for high`, mapOfRows(evidence)]];
  if (technical.technical) tiles.push(["Technical quality", `${answer.technical.toFixed(1)} of 10`, mapOfRows(technical.technical.values)]);
  const column = Math.max(width, 300), across = tiles.length * (column + GAP) - GAP;
  const measure = new OffscreenCanvas(1, 1).getContext("2d");
  measure.font = `20px ${FONT}`;
  const lines = wrapped(answer.words.text, across, measure);
  const canvas = new OffscreenCanvas(across + 2 * MARGIN, MARGIN + 76 + height + 36 + 30 * lines.length + 40 + MARGIN);
  const context = canvas.getContext("2d", { colorSpace: "srgb" });
  const write = (text, x, y, size, colour) => Object.assign(context, { font: `${size}px ${FONT}`, fillStyle: colour }).fillText(text, x, y, across);
  Object.assign(context, { fillStyle: PAPER }).fillRect(0, 0, canvas.width, canvas.height);
  for (const [i, [title, about, map]] of tiles.entries()) {
    const left = MARGIN + i * (column + GAP), tile = new OffscreenCanvas(width, height);
    write(title, left, MARGIN + 20, 20, INK);
    write(about, left, MARGIN + 48, 16, MUTED);
    drawMap(tile, photo.bitmap, map, "evidence", uncoloured);
    context.drawImage(tile, left, MARGIN + 66);
  }
  const below = MARGIN + 66 + height + 44;
  lines.forEach((line, i) => write(line, MARGIN, below + 30 * i, 20, INK));
  write(`${name} · ${answer.model} · orange speaks for it, blue weighs against it${uncoloured.length ? `; ${UNCOLOURED}` : ""}`, MARGIN, below + 30 * lines.length + 14, 15, MUTED);
  return canvas.convertToBlob({ type: "image/png" });
}

function wrapped(text, width, context) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = lines.at(-1) ? `${lines.at(-1)} ${word}` : word;
    if (context.measureText(longer).width <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
