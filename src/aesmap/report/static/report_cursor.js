// Which card keys are about, and how arrows go from one to another.
import { photos } from "./report_data.js";

/** Index of the photograph whose card the arrows start from; null where there is none. */
export let active = null;

const openings = () => [...document.querySelectorAll(".card .open")];

/** Make a card the one that keys are about. */
export function setActive(index, focus = true) {
  for (const old of document.querySelectorAll(".card [tabindex='0']")) old.tabIndex = -1;
  active = index;
  const card = index === null ? null : document.querySelector(`.card[data-index="${index}"]`);
  if (!card) return;
  for (const button of card.querySelectorAll("button")) button.tabIndex = 0;
  if (!focus) return;
  card.querySelector(".open").focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

/** Arrows go from card to card; up and down to the nearest in the next row, of whichever pile. */
export function moveActive(key) {
  const list = openings();
  const from = list.findIndex((button) => Number(button.parentElement.dataset.index) === active);
  if (from < 0) return;
  const sides = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: list.length - 1 };
  let to = sides[key];
  if (to === undefined) {
    const by = key === "ArrowDown" ? 1 : -1;
    const at = (i) => ({ x: list[i].parentElement.offsetLeft, y: list[i].parentElement.offsetTop });
    const here = at(from);
    let first = from;
    while (list[first] && at(first).y === here.y) first += by;
    if (!list[first]) return;
    const row = at(first).y;
    to = first;
    for (let i = first; list[i] && at(i).y === row; i += by) {
      if (Math.abs(at(i).x - here.x) < Math.abs(at(to).x - here.x)) to = i;
    }
  }
  if (list[to]) setActive(Number(list[to].parentElement.dataset.index));
}

/** Photographs in the order in which they stand on the page: piles one after the other. */
export const inOrder = () => openings().map((button) => photos[button.parentElement.dataset.index]);
