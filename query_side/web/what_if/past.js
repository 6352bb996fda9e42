// What the past would have been: in a sentence, in figures, along time, by group, by team, by ticket.

import { Chart } from "../shared/chart.js";
import { capital, counted, element } from "../shared/words.js";
import { by, compared, figure, table } from "./turns.js";

const DAY = 86400;
const MOST_DAYS = 100; // points of a picture by days; of a longer time they are weeks
const MOST_TEAMS = 30;
const FEW = 12; // groups that are shown though nothing changes in them

// `open(id)` shows a ticket.
export function showPast(place, found, open) {
  const { before, after } = found.total;
  const days = along(found.days);
  const sum = (name) => found.days.reduce((all, day) => all + day[name], 0);
  const aDay = (name) => (days.count ? Math.round((10 * sum(name)) / days.count) / 10 : 0);
  place.replaceChildren(
    element("div", {}, element("p", { class: "lead" }, sentence(found)), proof(found.proof), warnings(found.warnings)),
    element("dl", { class: "figures" },
      compared("Kept", before.attainment_percent, after.attainment_percent, 1, " %", " points"),
      compared("Deadlines missed", before.breached, after.breached, -1),
      compared("Alerts a day", aDay("alerts_before"), aDay("alerts_after"), 0),
      compared("Escalations a day", aDay("escalations_before"), aDay("escalations_after"), 0)),
    section("By group", groups(found)),
    tickets(found, open),
  );
  if (days.at.length > 1) place.append(pictures(days));
  if (found.teams.length > 1 || found.teams[0]?.team) place.append(section("Load on teams", teams(found.teams)));
}

function sentence({ tickets, cycles_changed: cycles, tickets_changed: changed, turned }) {
  if (!cycles) return `Nothing: of ${counted(tickets, "ticket")} every promise would have been kept or missed as it was.`;
  const ways = turned.map((one) => `${one.cycles.toLocaleString()} ${word(one.before)} → ${word(one.after)}`);
  return `Of ${counted(tickets, "ticket")}, ${changed.toLocaleString()} would have gone otherwise: ${ways.join(", ")}.`;
}

function word(verdict) {
  return { breached: "missed", met: "kept", none: "no clock" }[verdict] ?? verdict;
}

export function verdict(state) {
  return element("span", { class: "pill", "data-state": state }, capital(word(state)));
}

function proof({ holds, says }) {
  const state = holds ? "compliant" : "breached";
  return element("p", { class: "proof" }, element("span", { class: "pill", "data-state": state }, holds ? "Proven" : "Not proven"), says);
}

export function warnings(said) {
  return said.length ? element("ul", { class: "muted" }, ...said.map((one) => element("li", {}, one))) : null;
}

export function section(title, ...children) {
  return element("section", {}, element("h3", {}, title), ...children);
}

function groups({ groups: rows, group_by: names }) {
  const words = (row) => names.map((name) => row[name] ?? "none").join(" · ");
  const changes = (row) => row.before.met !== row.after.met || row.before.breached !== row.after.breached || row.before.cancelled !== row.after.cancelled;
  const first = [...rows.filter(changes), ...rows.filter((row) => !changes(row))];
  const column = (name, cell) => ({ name, cell, number: true });
  const budget = rows.some(({ before, after }) => before.budget_left !== null || after.budget_left !== null);
  return table("Before and after by group", [
    { name: names.map(capital).join(" · "), cell: words },
    column("Kept", ({ before }) => figure(before.attainment_percent, " %")),
    column("would be", ({ after }) => figure(after.attainment_percent, " %")),
    column("change", ({ before, after }) => by(before.attainment_percent, after.attainment_percent, 1) ?? ""),
    column("Missed", ({ before }) => figure(before.breached)),
    column("would be", ({ after }) => figure(after.breached)),
    column("change", ({ before, after }) => by(before.breached, after.breached, -1) ?? ""),
    ...(budget ? [column("Budget left", ({ before }) => figure(before.budget_left)), column("would be", ({ after }) => figure(after.budget_left))] : []),
  ], first, { same: (row) => !changes(row), most: Math.max(FEW, rows.filter(changes).length) });
}

function tickets({ cycles, cycles_changed: all, turned }, open) {
  const place = element("div");
  const chips = element("div", { class: "chips" });
  const show = (chosen) => {
    for (const chip of chips.children) chip.setAttribute("aria-pressed", chip.dataset.way === chosen);
    const rows = cycles.filter((one) => !chosen || `${one.before} ${one.after}` === chosen);
    place.replaceChildren(table("Tickets that would have gone otherwise", [
      { name: "Ticket", cell: ({ external_id: name, ticket_id: id }) => ticket(name, () => open(id)) },
      { name: "Clock", cell: ({ clock, cycle }) => capital(clock) + (cycle > 1 ? `, cycle ${cycle}` : "") },
      { name: "It was", cell: ({ before }) => verdict(before) },
      { name: "It would have been", cell: ({ after }) => verdict(after) },
    ], rows, { most: 50 }));
  };
  const chip = (way, words) => {
    const made = element("button", { type: "button", class: "chip", "data-way": way }, words);
    made.addEventListener("click", () => show(way));
    return made;
  };
  if (!all) return "";
  chips.append(chip("", `All ${all.toLocaleString()}`), ...(turned.length < 2 ? [] : turned.map((one) =>
    chip(`${one.before} ${one.after}`, `${word(one.before)} → ${word(one.after)} ${one.cycles.toLocaleString()}`))));
  show("");
  const rest = all > cycles.length ? element("p", { class: "muted" }, `The first ${cycles.length.toLocaleString()} of ${all.toLocaleString()} are named.`) : null;
  return section("Tickets that would have gone otherwise", chips, place, rest ?? "");
}

export function ticket(name, open) {
  const made = element("button", { type: "button", class: "named-bar" }, name);
  made.addEventListener("click", open);
  return made;
}

// Evenly along time, from the first day to the last.
function along(days) {
  if (!days.length) return { at: [], count: 0 };
  const noon = (day) => Date.parse(`${day}T12:00:00Z`) / 1000;
  const first = noon(days[0].day);
  const count = Math.round((noon(days.at(-1).day) - first) / DAY) + 1;
  const step = count > MOST_DAYS ? 7 : 1;
  const at = Array.from({ length: Math.ceil(count / step) }, (_, place) => new Date((first + place * step * DAY) * 1000).toISOString());
  const sums = (name) => {
    const found = at.map(() => 0);
    for (const one of days) found[Math.floor((noon(one.day) - first) / DAY / step)] += one[name];
    return found;
  };
  return { at, count, step, sums };
}

const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

function pictures({ at, step, sums }) {
  const words = (instant) => (step === 7 ? `week from ${DATE.format(new Date(instant))}` : DATE.format(new Date(instant)));
  const picture = (title, name) => {
    const place = element("div");
    queueMicrotask(() => new Chart(place, { title }).show({
      at, step: step * DAY, words,
      series: [
        { name: "As it was", kind: "lines", values: sums(`${name}_before`), colour: "muted", dashed: true },
        { name: "As it would have been", kind: "lines", values: sums(`${name}_after`), colour: "series-1" },
      ],
    }));
    return section(title, place);
  };
  const often = step === 7 ? "a week" : "a day";
  return element("div", { class: "pictures" }, picture(`Alerts ${often}`, "alerts"), picture(`Escalations ${often}`, "escalations"));
}

function teams(rows) {
  const change = (one) => Math.abs(one.breached_after - one.breached_before) + Math.abs(one.escalations_after - one.escalations_before);
  const number = (name, cell) => ({ name, cell, number: true });
  const sorted = [...rows].sort((a, b) => change(b) - change(a) || b.breached_before - a.breached_before);
  return table("Load on teams, before and after", [
    { name: "Team", cell: ({ team }) => team ?? "no team" },
    number("Missed", (one) => figure(one.breached_before)),
    number("would be", (one) => figure(one.breached_after)),
    number("change", (one) => by(one.breached_before, one.breached_after, -1)),
    number("Escalations", (one) => figure(one.escalations_before)),
    number("would be", (one) => figure(one.escalations_after)),
    number("change", (one) => by(one.escalations_before, one.escalations_after, -1)),
  ], sorted, { same: (one) => !change(one), most: MOST_TEAMS });
}
