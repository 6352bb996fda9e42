// The form: which period, which clock, as of when; and the filters that came along from elsewhere.

import { arrange } from "../shared/keyed.js";
import { capital, element } from "../shared/words.js";
import { instant } from "../shared/typed.js";
import { zone } from "../shared/zone.js";
import { BY, change, FILTERS } from "./address.js";
import { PERIODS } from "./periods.js";

const form = document.querySelector("#asked");
const chosen = document.querySelector("#chosen");
const then = document.querySelector("#then");
const by = document.querySelector("#by");
const NAMES = { customer_tier: "tier", assigned_to: "assignee" };
const INSTANTS = ["known_at", "as_of"];

const { period, from, to, clock, excused } = form.elements;
let clocks = [];

period.append(...Object.entries(PERIODS).map(([value, words]) => element("option", { value }, words)));
by.append(...Object.entries(BY).map(([value, words]) => element("option", { value }, words)));
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("change", ({ target }) => {
  const { name, value } = target;
  if (INSTANTS.includes(name)) change({ [name]: value ? instant(value) : null, rows: null, page: null });
  else if (name === "from" || name === "to") change({ period: "own", [name]: value || null, rows: null, page: null });
  else if (name === "by") change({ by: value, all: null });
  else change({ [name]: value || null, rows: null, page: null });
});
chosen.addEventListener("click", ({ target }) => {
  const gone = target.closest("button")?.dataset.filter;
  if (gone) change({ ...JSON.parse(gone), rows: null, page: null });
});

// `known`: the clocks that there are.
export function ask(view, known, when) {
  clocks = [...new Set([...clocks, ...known, ...(view.clock ? [view.clock] : [])])].sort();
  arrange(clock, [element("option", { value: "" }, "All of them"), ...clocks.map((name) => element("option", { value: name }, capital(name)))]);
  Object.assign(period, { value: view.period });
  Object.assign(clock, { value: view.clock ?? "" });
  Object.assign(excused, { value: view.excused });
  Object.assign(by, { value: view.by });
  for (const own of form.querySelectorAll(".own")) own.hidden = view.period !== "own";
  if (document.activeElement !== from) from.value = view.from ?? day(when.from);
  if (document.activeElement !== to) to.value = view.to ?? day(new Date(when.to - 1));
  for (const name of INSTANTS) {
    const field = form.elements[name];
    if (document.activeElement !== field) field.value = view[name] ? typed(new Date(view[name])) : "";
  }
  if (view.as_of || view.known_at) then.open = true;
  filters(view.lists);
}

function filters(lists) {
  const chips = FILTERS.flatMap((name) => lists[name].map((value) => {
    const others = lists[name].filter((one) => one !== value);
    const rest = { [name]: others.filter((one) => one !== null) };
    if (name === "assigned_to") rest.unassigned = others.includes(null) ? "true" : null;
    const words = `${capital(NAMES[name] ?? name)}: ${value ?? "nobody"}`;
    return element("li", { "data-key": `${name}-${value}` },
      element("button", { type: "button", class: "chip", "data-filter": JSON.stringify(rest), "aria-label": `${words}, take it out` }, `${words} ✕`));
  }));
  arrange(chosen, chips);
}

function day(at) {
  return typed(at).slice(0, 10);
}

// As a field takes it, in the zone that the bar names.
function typed(at) {
  const shown = zone === "UTC" ? at : new Date(at - at.getTimezoneOffset() * 60_000);
  return shown.toISOString().slice(0, 16);
}
