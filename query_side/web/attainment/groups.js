// Promises kept by team, rule or whatever is chosen, each beside the period before.

import { arrange } from "../shared/keyed.js";
import { capital, element } from "../shared/words.js";
import { BY, FILTERS } from "./address.js";
import { PERIODS } from "./periods.js";
import { allOrFew, counted, here, leading, percent, points, since, span } from "./words.js";

const SHOWN = 12;
const LONGEST = "12-months"; // of the periods that have a name
const PLACES = { tier: "customer_tier" }; // the filter of a group, where it is called otherwise
const NONE = {
  team: "no team", rule: "by the tier", assigned_to: "nobody", organization: "no organization", type: "no type",
};

// With a `name` it is left out where no group has it.
const COLUMNS = [
  { words: "Kept", of: (one) => percent(one.attainment_percent) },
  { words: "Since before", of: (one, then) => since(one.attainment_percent, then?.attainment_percent, true, points) },
  { words: "Goal", name: "goal_percent", of: (one) => percent(one.goal_percent) },
  { words: "Budget left", name: "budget_left", of: (one) => one.budget_left?.toLocaleString() },
  { words: "Broken", of: (one) => leading(one.breached, one.href, "breached", "were breached") },
  { words: "Kept in time", of: (one) => leading(one.met, one.href, "met", "were met") },
  { words: "Open", of: (one) => leading(one.open, one.href, "open", "are open") },
  { words: "Half within", of: (one) => counted(one.p50_seconds) },
  { words: "90 % within", of: (one) => counted(one.p90_seconds) },
  { words: "To resolve", name: "mttr_seconds", of: (one) => span(one.mttr_seconds) },
  { words: "To acknowledge", name: "mtta_seconds", of: (one) => span(one.mtta_seconds) },
];
const place = document.querySelector("#groups");
const count = document.querySelector("#groups-count");

// `view`: what is asked for, as the address has it.
export function groups(found, before, view) {
  const [by, all] = [view.by, view.all !== null];
  if (!found.length) {
    count.textContent = "";
    arrange(place, [element("div", { class: "empty", "data-key": "none" }, ...nothing(view))]);
    return;
  }
  const then = new Map(before.map((one) => [keyOf(one[by]), one]));
  const order = [...found].sort((one, other) => other.breached - one.breached || other.met - one.met);
  const shown = all ? order : order.slice(0, SHOWN);
  count.textContent = order.length > SHOWN
    ? `${shown.length} of ${order.length}, most broken promises first` : "most broken promises first";
  const columns = COLUMNS.filter(({ name }) => name === undefined || found.some((one) => one[name] !== null));
  arrange(place, [
    element("table", { class: "plain kept" },
      element("thead", {}, element("tr", {},
        element("th", { scope: "col" }, capital(BY[by])), element("td", {}),
        ...columns.map(({ words }) => element("th", { scope: "col", class: "number" }, words)))),
      element("tbody", {}, ...shown.map((one) => row(one, then.get(keyOf(one[by])), by, columns)))),
    order.length > SHOWN
      ? element("p", {}, allOrFew("all", all, order.length))
      : null,
  ].filter(Boolean));
}

// That there is nothing, and where there may be something.
function nothing(view) {
  const narrowed = view.clock !== null || FILTERS.some((name) => view.lists[name].length > 0);
  const then = view.as_of !== null || view.known_at !== null;
  const other = (changes, words) => element("p", {}, element("a", { "data-here": "", href: here({ rows: null, page: null, all: null, ...changes }) }, words));
  const none = Object.fromEntries([...FILTERS, "unassigned", "clock"].map((name) => [name, null]));
  return [
    element("p", {}, narrowed ? "No promise that matches was decided in that time, or is open." : "No promise was decided in that time, or is open."),
    narrowed ? other(none, "Clear filters") : null,
    then ? other({ as_of: null, known_at: null }, "As it stands now") : null,
    view.period === LONGEST ? null : other({ period: LONGEST, from: null, to: null }, PERIODS[LONGEST]),
    narrowed || then ? null : element("p", {}, "Where there are no tickets yet, ", element("code", {}, "POST /tickets"),
      " brings them in: ", element("a", { href: "/docs" }, "the API"), " says how."),
  ].filter(Boolean);
}

function row(one, then, by, columns) {
  const value = one[by];
  const share = one.attainment_percent;
  const missed = one.goal_percent !== null && share !== null && share < one.goal_percent;
  return element("tr", { "data-key": keyOf(value), "data-state": missed ? "breached" : null },
    element("th", { scope: "row" }, called(value, by)),
    element("td", { class: "bar" }, share === null ? null
      : element("progress", { max: "100", value: String(share), "aria-hidden": "true" })),
    ...columns.map(({ of }) => element("td", { class: "number" }, of(one, then) ?? "–")));
}

// The name filters by it; of what has none, only its numbers lead on.
function called(value, by) {
  const filter = PLACES[by] ?? by;
  if (value === null && by !== "assigned_to") return NONE[by] ?? "none";
  if (!FILTERS.includes(filter)) return `version ${value}`;
  const chosen = value === null ? { assigned_to: null, unassigned: "true" } : { [filter]: value };
  return element("a", { href: here(chosen), "data-here": "", title: "Only these" }, value ?? NONE[by]);
}

function keyOf(value) {
  return value === null || value === undefined ? "none" : `of-${String(value).toLowerCase()}`;
}
