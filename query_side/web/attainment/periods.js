// Periods by name, each with the one before it, and the days and weeks that they are made of.

import { zone } from "../shared/zone.js";

export const PERIODS = {
  "this-week": "This week", "last-week": "Last week", "this-month": "This month", "last-month": "Last month",
  "30-days": "The last 30 days", "12-weeks": "The last 12 weeks", "12-months": "The last 12 months", own: "From … to …",
};
const DAY = 86_400_000;
const LONG = 16; // days; what is longer is told by weeks
const TREND = { day: 14, week: 12 }; // of a line at least

const utc = zone === "UTC";
const MONTH = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric", timeZone: zone });
const DATE = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: zone });

// A midnight in the zone that the bar names.
function midnight(year, month, day) {
  return utc ? new Date(Date.UTC(year, month, day)) : new Date(year, month, day);
}

function parts(at) {
  return utc ? [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCDay()]
    : [at.getFullYear(), at.getMonth(), at.getDate(), at.getDay()];
}

function begin(unit, at) {
  const [year, month, day, weekday] = parts(at);
  if (unit === "month") return midnight(year, month, 1);
  return midnight(year, month, unit === "week" ? day - ((weekday + 6) % 7) : day);
}

export function later(unit, at, count) {
  const [year, month, day] = parts(at);
  if (unit === "month") return midnight(year, month + count, 1);
  return midnight(year, month, day + count * (unit === "week" ? 7 : 1));
}

function stretch(unit, first, count, name) {
  const words = name ?? spelled;
  const made = (start) => {
    const end = later(unit, start, count);
    return { from: start, to: end, name: words(start, end) };
  };
  return { ...made(first), before: made(later(unit, first, -count)) };
}

function spelled(from, to) {
  return `${DATE.format(from)} to ${DATE.format(new Date(to - 1))}`;
}

function month(from) {
  return MONTH.format(from);
}

// `from`, `to` and `name` of what the view asks for, and of what was `before`.
export function period({ period: name, from, to }, now) {
  const [week, thisMonth, tomorrow] = [begin("week", now), begin("month", now), later("day", begin("day", now), 1)];
  switch (name) {
    case "this-week": return stretch("week", week, 1);
    case "last-week": return stretch("week", later("week", week, -1), 1);
    case "this-month": return stretch("month", thisMonth, 1, month);
    case "last-month": return stretch("month", later("month", thisMonth, -1), 1, month);
    case "30-days": return stretch("day", later("day", tomorrow, -30), 30);
    case "12-months": return stretch("month", later("month", thisMonth, -11), 12);
    case "own": return own(from, to, tomorrow);
    default: return stretch("week", later("week", week, -11), 12);
  }
}

// As days are typed; without a first one the 30 days before the last.
function own(from, to, tomorrow) {
  const end = typed(to) ? later("day", typed(to), 1) : tomorrow;
  const start = typed(from) ?? later("day", end, -30);
  return stretch("day", start < end ? start : later("day", end, -1), Math.max(1, Math.round((end - start) / DAY)));
}

function typed(day) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day ?? "");
  return found ? midnight(Number(found[1]), Number(found[2]) - 1, Number(found[3])) : null;
}

// The days or weeks of a line: all that the period has a part of, and some before it.
export function line({ from, to }) {
  const unit = (to - from) / DAY <= LONG ? "day" : "week";
  const last = begin(unit, new Date(to - 1));
  let first = begin(unit, from);
  const least = later(unit, last, 1 - TREND[unit]);
  if (least < first) first = least;
  const starts = [];
  for (let at = first; at <= last; at = later(unit, at, 1)) starts.push(at);
  return { unit, starts, from: first, to: later(unit, last, 1), step: (unit === "day" ? DAY : 7 * DAY) / 1000 };
}

export function told(unit) {
  return (at) => (unit === "week" ? `week of ${DATE.format(new Date(at))}` : DATE.format(new Date(at)));
}

