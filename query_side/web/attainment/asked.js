// The form: which period, which clock, as of when; and the filters that came along from elsewhere.

import { readLists } from "../shared/address.js";
import { ask as get } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { Lists } from "../shared/lists.js";
import { capital, element } from "../shared/words.js";
import { instant, typed } from "../shared/typed.js";
import { BY, change, filters, FILTERS, readView } from "./address.js";
import { PERIODS } from "./periods.js";

const form = document.querySelector("#asked");
const then = document.querySelector("#then");
const by = document.querySelector("#by");
const INSTANTS = ["known_at", "as_of"];

const { period, from, to, clock, excused } = form.elements;
const chosen = readLists();
const lists = new Lists(document.querySelector("#lists"), chosen, { names: FILTERS, changed: choose, opened: names });
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

// As the address has them: nobody among the assignees is a name of its own. What is chosen next may
// come before the answer.
function choose(given) {
  Object.assign(chosen, given);
  lists.draw();
  const changes = { rows: null, page: null };
  for (const [name, values] of Object.entries(given)) {
    changes[name] = values.filter((value) => value !== null);
    if (name === "assigned_to") changes.unassigned = values.includes(null) ? "true" : null;
  }
  change(changes);
}

async function names() {
  try {
    const { clock: _, excused: __, ...asked } = filters(readView());
    lists.show(await get("/dashboard/facets", { ...asked, as_of: null, known_at: null }));
  } catch { /* the report says what is wrong */ }
}

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
    if (document.activeElement !== field) field.value = view[name] ? typed(view[name]) : "";
  }
  if (view.as_of || view.known_at) then.open = true;
  Object.assign(chosen, view.lists);
  lists.draw();
  if (lists.facets === null) names();
}

function day(at) {
  return typed(at).slice(0, 10);
}
