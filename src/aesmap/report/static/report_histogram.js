// The histogram of scores: each bar is a button that keeps only the photographs it stands for.
import { count, make } from "./elements.js";
import { photos } from "./report_data.js";

const STEP = 0.25;

/** `choose` is called with [from, to) or null; gives what marks the bars of such a range. */
export function histogram(list, choose) {
  const bins = photos.map((photo) => Math.floor(photo.score / STEP));
  const first = Math.min(...bins), last = Math.max(...bins);
  const tallies = Array.from({ length: last - first + 1 }, () => ({ high: 0, low: 0 }));
  photos.forEach((photo, i) => { tallies[bins[i] - first][photo.level] += 1; });
  const most = Math.max(...tallies.map(({ high, low }) => high + low));
  let anchor = 0;
  const buttons = tallies.map(({ high, low }, i) => {
    const from = (first + i) * STEP, to = from + STEP;
    const label = `Scores ${from.toFixed(2)} to ${to.toFixed(2)}: ${count(high + low, "photograph")}`;
    const button = make("button", "bin", { type: "button", title: label, disabled: high + low === 0 });
    button.setAttribute("aria-label", label);
    for (const [level, number] of [["high", high], ["low", low]]) {
      const bar = make("i", level);
      bar.style.height = `${(100 * number) / most}%`;
      button.append(bar);
    }
    button.addEventListener("click", (event) => {
      if (!event.shiftKey) anchor = i;
      const [low_, high_] = [Math.min(anchor, i), Math.max(anchor, i)];
      const pressed = button.getAttribute("aria-pressed") === "true";
      choose(pressed && !event.shiftKey ? null : [(first + low_) * STEP, (first + high_ + 1) * STEP]);
    });
    const item = make("li");
    item.append(button);
    if (from === Math.ceil(from)) item.append(make("small", "", { textContent: String(from) }));
    list.append(item);
    return [button, from];
  });
  return (range) => {
    for (const [button, from] of buttons) {
      button.setAttribute("aria-pressed", String(range !== null && from >= range[0] && from < range[1]));
    }
    list.classList.toggle("chosen", range !== null);
  };
}
