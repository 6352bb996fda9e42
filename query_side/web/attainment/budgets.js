// Error budgets: of each promise that has a goal, how many may be missed, and how many were.

import { arrange } from "../shared/keyed.js";
import { capital, element } from "../shared/words.js";
import { allOrFew, leading, percent } from "./words.js";

const SHOWN = 6;
const place = document.querySelector("#budgets");
const count = document.querySelector("#budgets-count");

// `promises`: groups by clock, rule, tier and priority that have a goal; `any`: there are some at all.
export function budgets(promises, all, any) {
  const order = [...promises].sort((one, other) => one.budget_left - other.budget_left);
  const shown = all ? order : order.slice(0, SHOWN);
  count.textContent = order.length ? `${shown.length} of ${order.length}, the least left first` : "";
  if (!order.length) {
    arrange(place, [element("p", { class: "muted" }, any
      ? "No goal is set for what was decided here; the configuration sets them under goals." : "Nothing was decided.")]);
    return;
  }
  arrange(place, [element("table", { class: "plain kept" },
    element("thead", {}, element("tr", {},
      element("th", { scope: "col" }, "Promise"), element("th", { scope: "col" }, "Used of the budget"),
      ...["Left", "Missed", "Kept", "Goal"].map((words) => element("th", { scope: "col", class: "number" }, words)))),
    element("tbody", {}, ...shown.map(row))),
  order.length > SHOWN ? element("p", {}, allOrFew("promises", all, order.length)) : null].filter(Boolean));
}

function row(one) {
  const may = one.breached + one.budget_left;
  const used = one.breached === 0 ? 0 : may <= 0 ? 100 : Math.min(100, (100 * one.breached) / may);
  const name = [one.rule ?? one.tier, one.rule === null ? null : one.tier, one.priority].filter(Boolean).join(" · ");
  return element("tr", { "data-key": `${one.clock}-${name}`, "data-state": one.budget_left < 0 ? "breached" : used > 75 ? "warning" : "compliant" },
    element("th", { scope: "row" }, `${capital(one.clock)} · ${name}`),
    element("td", { class: "bar" }, element("progress", { max: "100", value: String(used), "aria-hidden": "true" })),
    ...[
      one.budget_left.toLocaleString(),
      element("span", {}, leading(one.breached, one.href, "breached", "were missed"), ` of ${may.toLocaleString()}`),
      percent(one.attainment_percent), percent(one.goal_percent),
    ].map((content) => element("td", { class: "number" }, content)));
}

// By clock, the share that has to be kept: of several goals their mean, by how many cycles each has.
export function goals(promises) {
  const sums = new Map();
  for (const { clock, goal_percent: goal, met, breached } of promises) {
    const [weight, sum] = sums.get(clock) ?? [0, 0];
    sums.set(clock, [weight + met + breached, sum + goal * (met + breached)]);
  }
  return new Map([...sums].filter(([, [weight]]) => weight > 0)
    .map(([clock, [weight, sum]]) => [clock, Math.round((100 * sum) / weight) / 100]));
}
