// What it comes to in all, beside the period before: better or worse?

import { arrange } from "../shared/keyed.js";
import { element } from "../shared/words.js";
import { leading, percent, points, since, span } from "./words.js";

const list = document.querySelector("#figures");
const inWords = document.querySelector("#in-words");

// `now` and `before`: totals of the report; `budgets`: groups of promises that have a goal each.
export function figures(now, before, budgets, when, running) {
  const kept = budgets.filter(({ budget_left: left }) => left >= 0).length;
  const many = (count) => count.toLocaleString();
  const made = [
    figure("Kept", percent(now.attainment_percent), since(now.attainment_percent, before.attainment_percent, true, points),
      now.attainment_percent_excused_counted === null ? null
        : `${percent(now.attainment_percent_excused_counted)} had excused time counted`),
    figure("Broken", leading(now.breached, now.href, "breached", "cycles were breached"),
      running || !(now.met + now.breached) ? null : since(now.breached, before.breached, false, many), `${many(before.breached)} before`),
    budgets.length
      ? figure("Promises within budget", `${kept} of ${budgets.length}`, null, kept < budgets.length ? "the others have missed their goal" : "all keep their goals")
      : null,
    figure("Open", leading(now.open, now.href, "open", "cycles are open"), null, "began in the period"),
    figure("Mean time to resolve", span(now.mttr_seconds), since(now.mttr_seconds, before.mttr_seconds, false, span)),
    figure("Mean time to acknowledge", span(now.mtta_seconds), since(now.mtta_seconds, before.mtta_seconds, false, span)),
  ];
  arrange(list, made.filter(Boolean));
  inWords.textContent = sentence(now, before, when, running);
}

function figure(name, value, change, note = null) {
  return element("li", { class: "panel figure", "data-key": name },
    element("span", { class: "figure-name" }, name),
    element("strong", { class: "figure-number" }, value),
    change, note ? element("span", { class: "muted" }, note) : null);
}

// Are we better than before?
function sentence(now, before, when, running) {
  const decided = now.met + now.breached;
  const so = running ? " so far" : "";
  if (!decided) return `${when.name}${so}: nothing was decided.`;
  const said = `${when.name}${so}: ${percent(now.attainment_percent)} of ${decided.toLocaleString()} promises kept`;
  if (before.attainment_percent === null) return `${said}; nothing was decided before, ${when.before.name}.`;
  const difference = now.attainment_percent - before.attainment_percent;
  const verdict = difference === 0 ? "the same as" : difference > 0 ? "better than" : "worse than";
  return `${said}, ${verdict} ${when.before.name} (${percent(before.attainment_percent)}).`;
}
