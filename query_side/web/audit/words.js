// How this view words what the clocks did.

import { capital, duration, moment } from "../shared/words.js";

export const KINDS = { counted: "Counted", paused: "Paused", excused: "Excused", out_of_hours: "Out of hours" };
const QUIET = {
  inhibited: "not sent, as a graver one was", backfill: "not sent, as it became known too late",
  snoozed: "not sent, as the ticket was snoozed", silenced: "not sent, as it was silenced",
  acknowledged: "not sent, as somebody had acknowledged the ticket",
};

export function nameOf({ clock, cycle }) {
  return capital(clock) + (cycle > 1 ? ` (cycle ${cycle})` : "");
}

// Working hours make no days: a day of them has 24 nowhere.
export function length(seconds, calendar) {
  if (calendar === "24x7" || Math.abs(seconds) < 86400) return duration(seconds);
  const hours = Math.floor(Math.abs(seconds) / 3600);
  const minutes = Math.floor((Math.abs(seconds) % 3600) / 60);
  return `${hours.toLocaleString()} h${minutes ? ` ${String(minutes).padStart(2, "0")} min` : ""}`;
}

// `17 h 50 min counted of 14 h, 2 h 00 min paused`.
export function spent(lane) {
  const promised = lane.target_seconds === null ? "" : ` of ${length(lane.target_seconds, lane.calendar)}`;
  const told = [`${length(lane.counted_seconds, lane.calendar)} counted${promised}`];
  for (const kind of ["paused", "excused"]) {
    const seconds = lane[`${kind}_seconds`];
    if (seconds > 0) told.push(`${length(seconds, lane.calendar)} ${kind}`);
  }
  return told.join(", ");
}

// What became of its deadline.
export function outcome(lane) {
  const told = [];
  if (lane.breached_at !== null) told.push(`it was due ${moment(lane.breached_at)}`);
  else if (lane.due_at !== null) told.push(`due ${moment(lane.due_at)}`);
  else if (lane.state === "paused") told.push("no deadline while it is paused");
  if (lane.ended_at !== null) told.push(`ended ${moment(lane.ended_at)}`);
  return told.join(", ");
}

export function severityOf({ severity, level, suppressed, withdrawn_at: withdrawn }) {
  const what = level === null ? capital(severity) : `Level ${level}`;
  const told = [suppressed && (QUIET[suppressed] ?? `not sent: ${suppressed}`), withdrawn && `withdrawn ${moment(withdrawn)}`];
  return [what, ...told.filter(Boolean)].join(", ");
}
