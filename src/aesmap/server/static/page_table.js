// What was said of the photographs as a table, with the columns of `aesmap score`.

const FORMULA = /^[=+\-@\t\r]/; // what spreadsheets take for the beginning of a formula
const SPECIAL = /[",\r\n]/;

/**
 * A CSV of photographs that were looked at, or could not be. `columns` are the table's, each with
 * its name and the digits of its numbers, and `model` who judges; what a browser does not know, as the time of a file's
 * change to the nanosecond, is empty.
 */
export function tableOf(items, { columns, model }) {
  const names = columns.map(({ name }) => name);
  const lines = items.map((item) => {
    const row = rowOf(item, model);
    return columns.map(({ name, digits }) => cell(row[name], digits));
  });
  return `${[names, ...lines].map((cells) => cells.map(quoted).join(",")).join("\n")}\n`;
}

function rowOf({ file, answer, problem, state }, model) {
  const path = FORMULA.test(file.name) ? `./${file.name}` : file.name;
  return state === "failed" ? { path, model, error: problem.message } : { ...answer, path, error: "" };
}

function cell(value, digits) {
  if (value === null || value === undefined) return "";
  if (typeof value === "object") {
    return JSON.stringify(Object.fromEntries(Object.entries(value).map(([name, number]) => [name, rounded(number, digits)])));
  }
  return String(rounded(value, digits));
}

const rounded = (value, digits) => (typeof value === "number" && digits !== null ? Number(value.toFixed(digits)) : value);
const quoted = (text) => (SPECIAL.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
