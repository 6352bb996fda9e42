// The line of time under the lanes: what is in sight, and where its ticks are.

import { zone } from "../shared/zone.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const WEEK = 7 * DAY;
const STEPS = [1, 2, 5, 10, 15, 30].map((each) => each * MINUTE)
  .concat([1, 2, 3, 6, 12].map((each) => each * HOUR), [DAY, 2 * DAY, WEEK, 2 * WEEK, 4 * WEEK, 13 * WEEK, 52 * WEEK]);
const MONDAY = 4 * DAY; // the first one of 1970
const WIDTH = 84; // px that a label takes

const timeZone = zone;
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", timeZone });
const DATE = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", timeZone });
const YEARS = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "2-digit", timeZone });

export class Axis {
  // Instants in ms since 1970, `width` in px.
  constructor(start, end, width) {
    const margin = Math.max(MINUTE, (end - start) * 0.015);
    this.start = start - margin;
    this.end = end + margin;
    this.width = width;
  }

  // Where an instant is, in px; out of sight at an edge.
  at(instant) {
    const share = (instant - this.start) / (this.end - this.start);
    return Math.round(Math.min(1, Math.max(0, share)) * this.width * 10) / 10;
  }

  shows(instant) {
    return instant >= this.start && instant <= this.end;
  }

  // { at, label } of each, at full hours and at midnights where the viewer is.
  ticks() {
    const most = Math.max(2, Math.floor(this.width / WIDTH));
    const step = STEPS.find((each) => (this.end - this.start) / each <= most) ?? STEPS.at(-1);
    const origin = step >= WEEK ? MONDAY : 0;
    const first = Math.ceil((wall(this.start) - origin) / step) * step + origin;
    const found = [];
    for (let on = first; instant(on) <= this.end; on += step) found.push({ at: instant(on), label: label(on, step) });
    return found;
  }
}

// What a clock on the wall shows, as if it were UTC; and back.
function wall(at) {
  return zone === "UTC" ? at : at - new Date(at).getTimezoneOffset() * MINUTE;
}

function instant(shown) {
  if (zone === "UTC") return shown;
  const near = shown + new Date(shown).getTimezoneOffset() * MINUTE;
  return shown + new Date(near).getTimezoneOffset() * MINUTE;
}

function label(shown, step) {
  const at = new Date(instant(shown));
  if (step >= 4 * WEEK) return YEARS.format(at);
  return step >= DAY || shown % DAY === 0 ? DATE.format(at) : CLOCK.format(at);
}
