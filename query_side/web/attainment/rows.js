// The cycles behind a number: a table by pages, in any order, each with the way to its ticket's audit.

import { ask } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { capital, counted as many, element, exactly, moment, pill } from "../shared/words.js";
import { change } from "./address.js";
import { counted, DAYS } from "./words.js";

const SIZE = 25;
const COLUMNS = [
  ["external_id", "Ticket"], ["clock", "Clock"], [null, "Outcome"], ["at", "Counts by"], ["started_at", "Began"],
  ["stopped_at", "Ended"], ["elapsed_seconds", "Took"], ["team", "Team"], ["assigned_to", "Assignee"], ["priority", "Promise"],
];
const OUTCOMES = { breached: "breached", met: "kept", open: "open", cancelled: "cancelled" };

const place = document.querySelector("#rows");
const count = document.querySelector("#cycles-count");
const narrowed = document.querySelector("#narrowed");
const page = document.querySelector("#page");
const pages = document.querySelector("#pages");

let shown = { page: 1, last: 1 };

pages.addEventListener("click", ({ target }) => {
  const step = Number(target.closest("button")?.dataset.step);
  if (step) change({ page: String(Math.max(1, Math.min(shown.last, shown.page + step))) });
});
place.addEventListener("click", ({ target }) => {
  const sort = target.closest("button[data-sort]")?.dataset.sort;
  if (sort) change({ sort, page: null });
});

// What is asked for: of a number that was pressed its cycles, else the breached ones of the period.
export function wanted(view, question) {
  const query = new URLSearchParams(view.rows ?? "");
  if (!view.rows) {
    for (const [name, value] of Object.entries({ ...question, outcome: "breached" })) {
      for (const one of Array.isArray(value) ? value : [value]) if (one !== null) query.append(name, one);
    }
  }
  const asked = {};
  for (const name of new Set(query.keys())) asked[name] = query.getAll(name);
  return { ...asked, sort: view.sort };
}

export async function rows(view, asked) {
  const found = await ask("/reports/cycles", { ...asked, page: view.page, size: SIZE });
  shown = { page: found.page, last: Math.max(1, Math.ceil(found.total / SIZE)) };
  count.textContent = many(found.total, "cycle");
  page.textContent = `Page ${shown.page} of ${shown.last}`;
  const [before, next] = pages.querySelectorAll("button");
  before.disabled = shown.page <= 1;
  next.disabled = shown.page >= shown.last;
  const told = inWords(asked);
  arrange(narrowed, [
    ...told.map((words) => element("li", { class: "chip", "data-key": words }, words)),
    view.rows ? element("li", { "data-key": "back" }, element("button", { type: "button", class: "named-bar", "data-back": "" }, "Back to all that were breached")) : null,
  ].filter(Boolean));
  arrange(place, [found.items.length
    ? element("table", { class: "plain cycles" },
      element("thead", {}, element("tr", {}, ...COLUMNS.map(([name, words]) => head(name, words, view.sort)))),
      element("tbody", {}, ...found.items.map((one) => row(one, view))))
    : element("p", { class: "muted" }, "No cycle is like that.")]);
}

// A press sorts by it, another one the other way round; of instants the latest come first.
function head(name, words, sort) {
  if (name === null) return element("th", { scope: "col" }, words);
  const [by, up] = [sort.replace("-", "") === name, !sort.startsWith("-")];
  const latest = name === "at" || name.endsWith("_at") || name === "elapsed_seconds";
  const next = by ? (up ? `-${name}` : name) : latest ? `-${name}` : name;
  return element("th", { scope: "col", "aria-sort": by ? (up ? "ascending" : "descending") : null },
    element("button", { type: "button", class: "named-bar", "data-sort": next },
      words, by ? element("span", { "aria-hidden": "true" }, up ? " ▲" : " ▼") : null));
}

// Its audit shows it as the report has it.
function audit(one, view) {
  const query = new URLSearchParams({ ticket: one.external_id, source: one.source, in_sight: `${one.clock}.${one.cycle}` });
  for (const name of ["as_of", "known_at"]) if (view[name]) query.set(name, view[name]);
  return `/views/audit?${query}`;
}

function row(one, view) {
  const of = one.target_seconds === null ? "" : ` of ${counted(one.target_seconds)}`;
  const took = one.stopped_at === null ? `goes on${of && `,${of}`}` : `${counted(one.elapsed_seconds)}${of}`;
  return element("tr", { "data-key": `${one.ticket_id}-${one.clock}-${one.cycle}` },
    element("th", { scope: "row" }, element("a", { href: audit(one, view), title: one.title }, one.external_id)),
    ...[
      capital(one.clock) + (one.cycle > 1 ? ` (cycle ${one.cycle})` : ""),
      pill(one.outcome === "open" ? "compliant" : one.outcome), exactly(one.at), exactly(one.started_at),
      one.stopped_at === null ? capital(one.state) : exactly(one.stopped_at), took,
    ].map((content) => element("td", {}, content)),
    ...[one.team ?? "–", one.assigned_to ?? "nobody", `${one.priority} · ${one.rule ?? one.tier}`]
      .map((name) => element("td", { class: "named" }, name)));
}

function inWords(asked) {
  const list = (name) => asked[name] ?? [];
  const flat = (name) => [list(name)].flat().filter((one) => one !== null && one !== "").map((one) => String(one).replaceAll("\\,", ","));
  const told = flat("outcome").map((one) => OUTCOMES[one] ?? one);
  const [from, to] = [flat("from")[0], flat("to")[0]];
  if (from && to) told.push(`${moment(from)} to ${moment(to)}`);
  told.push(...flat("weekday").map((day) => `${DAYS[day - 1]}s`), ...flat("hour").map((hour) => `from ${hour}:00 to ${Number(hour) + 1}:00`));
  for (const name of ["clock", "priority", "customer_tier", "team", "type", "rule", "organization", "assigned_to"]) told.push(...flat(name));
  if (flat("policy").length) told.push(`version ${flat("policy").join(", ")}`);
  told.push(...flat("absent").flatMap((names) => names.split(",")).map((name) => `without ${name.replaceAll("_", " ")}`));
  if (flat("unassigned").length) told.push("nobody");
  if (flat("excused").includes("without")) told.push("as if nothing were excused");
  for (const name of ["as_of", "known_at"]) {
    if (flat(name).length) told.push(`${name === "as_of" ? "as it stood" : "by what was known"} ${moment(flat(name)[0])}`);
  }
  return told;
}
