// Forecast: the deadlines of the next hours or days by team, against what is usually done then.

import { LISTS, go, meant, readLists, writeLists } from "../shared/address.js";
import { ask } from "../shared/api.js";
import { Chart } from "../shared/chart.js";
import { arrange } from "../shared/keyed.js";
import { Lists, folded } from "../shared/lists.js";
import { Shell } from "../shared/shell.js";
import { counted, element, learnClock } from "../shared/words.js";
import { zone } from "../shared/zone.js";

const HOUR = 3600; // s
const SPANS = {
  hour: { hours: 49, shown: 48, step: HOUR, words: "48 hours" }, // the hour that goes on is the first
  day: { hours: 15 * 24, shown: 14, step: 24 * HOUR, words: "14 days" },
};
const NAMES = LISTS.filter((name) => name !== "status");
const SEVERAL = 7; // teams that have a colour; the rest are one
const EVERY = 60000; // ms
const NO_TEAM = "no team";
const TIMES = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
const DAYS = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone: zone });
const ENDS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });

const sum = document.querySelector("#sum");
const spans = document.querySelector("#spans");
const teams = document.querySelector("#teams");
const clear = document.querySelector("#clear");
const form = document.querySelector("#filters");

const view = read();
let asked = 0;
let shown = null; // the answer that is drawn
const chart = new Chart(document.querySelector("#picture"), { title: "Deadlines ahead", pick });
const lists = new Lists(document.querySelector("#lists"), view, { names: NAMES, changed: set, opened: () => facets().catch(() => {}) });
const shell = new Shell(refresh, { every: EVERY });

function read() {
  const by = new URLSearchParams(location.search).get("by");
  return { ...readLists(), status: [], by: Object.hasOwn(SPANS, by ?? "") ? by : "hour" };
}

function set(changes) {
  Object.assign(view, changes);
  const address = new URL(location.href);
  const query = new URLSearchParams();
  if (view.by !== "hour") query.set("by", view.by);
  writeLists(query, view);
  address.search = query;
  go(address);
  again();
}

function again() {
  draw();
  refresh().catch((error) => shell.report(error));
}

function question() {
  const found = { phase: ["waiting", "active", "paused"] };
  for (const name of NAMES) found[name] = meant(view[name]);
  if (view.assigned_to.includes(null)) found.unassigned = true;
  return found;
}

async function facets() {
  lists.show(await ask("/dashboard/facets", question()));
}

async function refresh() {
  const number = ++asked;
  const { hours } = SPANS[view.by];
  const [found] = await Promise.all([
    ask("/forecast", { ...question(), by: view.by, hours, limit: 1, time_zone: zone }),
    lists.facets === null ? facets() : null,
  ]);
  if (number !== asked) return; // a newer question is on its way
  learnClock(found.at);
  shell.answered();
  shown = { ...found, by: view.by, buckets: found.buckets.slice(0, SPANS[view.by].shown) };
  draw();
}

function draw() {
  for (const button of spans.children) button.setAttribute("aria-pressed", button.value === view.by);
  lists.draw();
  clear.hidden = NAMES.every((name) => view[name].length === 0);
  if (shown === null) return;
  const { buckets, by, usual_weeks: weeks } = shown;
  const due = total(buckets.map(({ count }) => count));
  const usual = weeks ? total(buckets.map((one) => one.usual)) : null;
  arrange(sum, [
    element("strong", {}, counted(due, "deadline")), text(` in the next ${SPANS[by].words}`),
    ...(usual === null ? [text("; there is no whole week yet to tell what is usual.")]
      : [text(`; usually ${rounded(usual)} are done in such a time`), ...compared(due, usual)]),
  ]);
  document.querySelector("#usual").hidden = !weeks;
  document.querySelector("#weeks").textContent = counted(weeks, "week");
  drawPicture();
  drawTeams();
}

// What is much more than usual is said so.
function compared(due, usual) {
  if (usual < 1) return [text(".")];
  const times = due / usual;
  if (times <= 1.1) return [text(".")];
  return [text(": "), element("strong", { class: "more-than" }, `${times.toFixed(1)} times as many`), text(".")];
}

function text(words) {
  return document.createTextNode(words);
}

function drawPicture() {
  const { buckets, by, teams: loads, usual_weeks: weeks } = shown;
  const named = loads.filter(({ team, count }) => team !== null && count > 0).slice(0, SEVERAL).map(({ team }) => team);
  const is = new Map(named.map((team, place) => [folded(team), place]));
  const values = [...named, null].map(() => buckets.map(() => 0));
  for (const [point, { teams: shares }] of buckets.entries()) {
    for (const { team, count } of shares) values[is.get(folded(team)) ?? named.length][point] += count;
  }
  const rest = named.length ? "Others" : "Deadlines";
  const bars = [...named, rest].map((name, place) => ({
    name, kind: "bars", values: values[place], ...(place === named.length && named.length ? { colour: "series-8" } : {}),
  }));
  if (named.length && !values.at(-1).some(Boolean)) bars.pop();
  const usual = { name: "Usually done", kind: "steps", values: buckets.map((one) => one.usual), colour: "text", dashed: true };
  chart.show({
    at: buckets.map((one) => begins(one, by)),
    step: SPANS[by].step,
    series: weeks ? [...bars, usual] : bars,
    words: (instant) => (by === "day" ? DAYS.format(new Date(instant))
      : `${TIMES.format(new Date(instant))}–${ENDS.format(new Date(Date.parse(instant) + HOUR * 1000))}`),
    number: (value) => rounded(value),
  });
}

// The one that goes on began before now: by the answer's own `from`, its bar stood on the next one, and
// late in the evening all were as thin as what was left of the day.
function begins({ until }, by) {
  const at = new Date(until);
  if (by === "hour") at.setTime(at - HOUR * 1000);
  else if (zone === "UTC") at.setUTCDate(at.getUTCDate() - 1);
  else at.setDate(at.getDate() - 1);
  return at.toISOString();
}

function drawTeams() {
  const { buckets, teams: loads } = shown;
  const most = Math.max(1, ...loads.map(({ count, usual }) => Math.max(count, usual ?? 0)));
  const rows = loads.filter(({ count, usual }) => count > 0 || usual >= 0.5);
  arrange(teams, rows.map(({ team, count, usual }) => {
    const times = usual >= 1 ? count / usual : null; // of less, nothing can be said
    const name = team === null ? NO_TEAM
      : element("button", { type: "button", class: "named-bar", "data-team": team, "aria-pressed": String(view.team.some((one) => folded(one) === folded(team))) }, team);
    return element("tr", { "data-key": String(team), "data-state": times > 1.1 ? "critical" : null },
      element("th", { scope: "row" }, name),
      element("td", { class: "bar" }, element("progress", { max: String(most), value: String(count), "aria-hidden": "true" })),
      element("td", { class: "number" }, count.toLocaleString()),
      element("td", { class: "number" }, usual === null ? "–" : rounded(usual)),
      element("td", { class: "number" }, times === null ? "–" : element("span", { class: times > 1.1 ? "more-than" : null }, `${Math.round(100 * times).toLocaleString()} %`)));
  }));
  document.querySelector("#teams-empty").hidden = rows.length > 0;
  document.querySelector("#teams-told").textContent = buckets.length ? `in the next ${SPANS[shown.by].words}` : "";
}

// To the tickets of an hour or a day, and of the team whose part of it was hit.
function pick(point, series) {
  const { from, until } = shown.buckets[point];
  const address = new URL("/", location.href);
  const query = new URLSearchParams({ due_from: from, due_before: until });
  const hit = shown.teams.find(({ team }) => team !== null && team === series?.name);
  writeLists(query, { ...view, team: hit ? [hit.team] : view.team });
  address.search = query;
  location.assign(address);
}

function total(values) {
  return values.reduce((all, value) => all + value, 0);
}

function rounded(value) {
  return value >= 10 || Number.isInteger(value) ? Math.round(value).toLocaleString() : value.toFixed(1);
}

spans.addEventListener("click", ({ target }) => {
  const by = target.closest("button")?.value;
  if (by !== undefined && by !== view.by) set({ by });
});
teams.addEventListener("click", ({ target }) => {
  const { team } = target.closest("button")?.dataset ?? {};
  if (team === undefined) return;
  const alone = view.team.length === 1 && folded(view.team[0]) === folded(team);
  lists.facets = null;
  set({ team: alone ? [] : [team] });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", (event) => {
  event.preventDefault();
  set(Object.fromEntries(NAMES.map((name) => [name, []])));
});
window.addEventListener("popstate", () => {
  Object.assign(view, read());
  again();
});
draw();
shell.start();
