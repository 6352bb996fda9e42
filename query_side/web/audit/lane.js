// One cycle of one clock along time: a strip of what each instant was, its deadlines and its alerts.

import { moment, picture } from "../shared/words.js";
import { KINDS, severityOf, spent } from "./words.js";

const HEIGHT = 62;
const [TOP, BAR] = [38, 18]; // where the bar begins, and how high it is
const ROWS = { level: 10, other: 26 }; // middles of the signs
const SIGN = 7.5; // half of one
const NEXT = 2 * SIGN + 1; // from one to the next
const TEXTURES = { paused: "url(#hatched)", excused: "url(#dotted)" };

const ms = Date.parse;

// `at`: until when it is drawn.
export function strip(lane, axis, at) {
  return picture("svg", {
    class: "strip", viewBox: `0 0 ${axis.width} ${HEIGHT}`, role: "img", "aria-label": inWords(lane),
  }, ...grid(axis), ...bar(lane, axis), ...deadlines(lane, axis), ...signs(lane, axis), until(axis, at));
}

// The ticket itself: when its source said something, and when somebody took it on.
export function updates(entries, axis, at) {
  const told = entries.filter(({ kind, position }) => UPDATES[kind] || (position !== null && kind.startsWith("clock_")));
  return picture("svg", {
    class: "strip low", viewBox: `0 0 ${axis.width} 24`, role: "img",
    "aria-label": `${told.length} updates and acts of people; each is told in what happened, and why`,
  }, ...grid(axis, 24), picture("path", { class: "rail", d: `M0 12H${axis.width}` }),
  ...told.filter(({ occurred_at: on }) => axis.shows(ms(on))).map((entry) => {
    const x = axis.at(ms(entry.occurred_at));
    const late = entry.recorded_at && ms(entry.recorded_at) - ms(entry.occurred_at) > 60_000;
    const act = ["acknowledged", "snoozed"].includes(entry.kind);
    return picture("g", { class: "update", "data-late": late, "data-act": act, "data-position": entry.position },
      act ? picture("path", { d: `M${x} 5l7 7l-7 7l-7 -7z` }) : picture("circle", { cx: x, cy: 12, r: 5 }),
      picture("title", {}, `${moment(entry.occurred_at)}: ${entry.explanation}`));
  }), until(axis, at, 24));
}

const UPDATES = { opened: true, observed: true, acknowledged: true, snoozed: true, retargeted: true, excused: true };

export function ruler(axis) {
  return picture("svg", { class: "ruler", viewBox: `0 0 ${axis.width} 20`, "aria-hidden": "true" },
    ...axis.ticks().map(({ at, label }) => {
      const x = axis.at(at);
      const anchor = x < 30 ? "start" : x > axis.width - 30 ? "end" : "middle";
      return picture("text", { x, y: 14, "text-anchor": anchor }, label);
    }));
}

function grid(axis, height = HEIGHT) {
  return axis.ticks().map(({ at }) => picture("path", { class: "grid", d: `M${axis.at(at)} 0V${height}` }));
}

function until(axis, at, height = HEIGHT) {
  return axis.shows(at) ? picture("path", { class: "until", d: `M${axis.at(at)} 0V${height}` }) : null;
}

function bar(lane, axis) {
  const missed = lane.breached_at === null ? Infinity : ms(lane.breached_at);
  return lane.stretches.flatMap((one) => {
    const [start, end] = [ms(one.start), ms(one.end)];
    if (end < axis.start || start > axis.end) return [];
    if (one.kind !== "counted" || missed <= start || missed >= end) {
      return piece(one, start, end, axis, start >= missed);
    }
    return [...piece(one, start, missed, axis, false), ...piece(one, missed, end, axis, true)];
  });
}

function piece(one, start, end, axis, overdue) {
  const closed = one.kind === "out_of_hours";
  const shape = {
    x: axis.at(start), y: closed ? TOP + BAR / 2 - 2 : TOP,
    width: Math.max(0.5, axis.at(end) - axis.at(start)), height: closed ? 4 : BAR,
  };
  const called = overdue && one.kind === "counted" ? "overdue" : one.kind;
  const who = [one.status, one.assigned_to ?? (one.assigned ? "somebody" : "nobody"), one.team, one.rule].filter(Boolean).join(", ");
  const title = `${KINDS[one.kind]} from ${moment(start)} to ${moment(end)}: ${who}`;
  const drawn = picture("g", {}, picture("rect", { class: called, ...shape }), picture("title", {}, title));
  if (TEXTURES[one.kind]) drawn.append(picture("rect", { ...shape, fill: TEXTURES[one.kind] }));
  return [drawn];
}

// That in force stands out from those before it.
function deadlines(lane, axis) {
  const had = lane.deadlines.filter(({ due_at: due }) => due !== null);
  const last = lane.breached_at ?? lane.due_at ?? (lane.deadlines.at(-1)?.due_at ?? null);
  const lines = had.filter(({ due_at: due }) => due !== last).map(({ due_at: due, since }) =>
    line(due, axis, "deadline past", `Due ${moment(due)}, as it stood from ${moment(since)} on`));
  return last === null ? lines : [...lines, line(last, axis, "deadline", `Due ${moment(last)}`)];
}

function line(due, axis, called, title) {
  if (!axis.shows(ms(due))) return null;
  const x = axis.at(ms(due));
  return picture("g", {}, picture("path", { class: called, d: `M${x} ${TOP - 6}V${TOP + BAR + 6}` }), picture("title", {}, title));
}

// Those at one instant stand beside each other, each with a foot on its own.
function signs(lane, axis) {
  const shown = lane.alerts.filter(({ occurred_at: on }) => axis.shows(ms(on)));
  const feet = shown.map(({ occurred_at: on }) => axis.at(ms(on)));
  const rows = shown.map(({ level }) => (level === null ? "other" : "level"));
  const places = beside(feet, rows, axis.width);
  return shown.map((one, place) => {
    const [x, y, foot] = [places[place], ROWS[rows[place]], feet[place]];
    return picture("g", {
      class: "sign", "data-severity": one.severity, "data-quiet": one.suppressed !== null,
      "data-withdrawn": one.withdrawn_at !== null, "data-position": one.position,
    },
    picture("path", { class: "foot", d: `M${x} ${y + SIGN}L${foot} ${TOP}` }),
    picture("circle", { cx: x, cy: y, r: SIGN }),
    picture("text", { x, y: y + 3.5, "text-anchor": "middle" }, one.level ?? one.severity[0].toUpperCase()),
    one.withdrawn_at === null ? null : picture("path", { class: "struck", d: `M${x - SIGN} ${y + SIGN}L${x + SIGN} ${y - SIGN}` }),
    picture("title", {}, `${severityOf(one)} ${moment(one.occurred_at)}`));
  });
}

// Right of those before them in their row; where that leads out of sight, all step back.
function beside(feet, rows, width) {
  const places = [...feet];
  const order = feet.map((_, place) => place).sort((a, b) => feet[a] - feet[b]);
  const ends = {};
  for (const place of order) {
    places[place] = Math.max(feet[place], SIGN, (ends[rows[place]] ?? -Infinity) + NEXT);
    ends[rows[place]] = places[place];
  }
  const begins = {};
  for (const place of order.reverse()) {
    places[place] = Math.min(places[place], width - SIGN, (begins[rows[place]] ?? Infinity) - NEXT);
    begins[rows[place]] = places[place];
  }
  return places;
}

function inWords(lane) {
  return `${lane.stretches.length} stretches from ${moment(lane.started_at)} to`
    + ` ${moment(lane.stretches.at(-1)?.end ?? lane.started_at)}: ${spent(lane)}; ${lane.alerts.length} alerts and levels`;
}
