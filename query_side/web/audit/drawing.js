// The drawing: a lane for each cycle under one line of time, and the same as a table.

import { arrange } from "../shared/keyed.js";
import { duration, element, exactly, pill } from "../shared/words.js";
import { Axis } from "./axis.js";
import { ruler, strip, updates } from "./lane.js";
import { KINDS, nameOf, outcome, severityOf, spent } from "./words.js";

const lanes = document.querySelector("#lanes");
const line = document.querySelector("#line");
const zoom = document.querySelector("#zoom");
const numbers = document.querySelector("#numbers-body");
const whole = document.querySelector("#numbers");
const NARROW = 280; // px

const ms = Date.parse;

export class Drawing {
  // `sight(key)`: somebody wants to see that cycle alone, or with null all of them; `point(position)`:
  // they point at an event.
  constructor(sight, point) {
    this.sight = sight;
    this.shown = null;
    new ResizeObserver(() => this.draw()).observe(lanes);
    whole.addEventListener("toggle", () => this.tables());
    lanes.addEventListener("click", ({ target }) => {
      const position = target.closest("[data-position]")?.dataset.position;
      if (position) point(position);
    });
  }

  show(drawing, entries, inSight) {
    this.shown = { drawing, entries, inSight };
    this.draw();
    this.choices();
    this.tables();
  }

  // They may be long: nobody waits for those that are not looked at.
  tables() {
    if (whole.open && this.shown) tables(this.shown.drawing);
  }

  draw() {
    if (!this.shown || !lanes.clientWidth) return;
    const { drawing, entries } = this.shown;
    const axis = this.axis();
    const at = ms(drawing.at);
    arrange(lanes, [
      element("li", { class: "lane", "data-key": "updates" },
        element("p", { class: "lane-head" }, element("strong", {}, "Ticket"), element("span", { class: "muted" }, "updates ●, acts of people ◆; hollow: heard late")),
        updates(entries, axis, at)),
      ...drawing.cycles.map((lane) => element("li", { class: "lane", "data-key": keyOf(lane), "data-state": lane.severity },
        element("p", { class: "lane-head" },
          element("strong", {}, nameOf(lane)), pill(["running", "paused"].includes(lane.state) ? lane.severity : lane.state),
          lane.state === "paused" ? element("span", { class: "muted" }, "paused") : null,
          element("span", { class: "muted" }, [outcome(lane), spent(lane), lane.calendar].filter(Boolean).join(" · "))),
        strip(lane, axis, at))),
    ]);
    line.replaceChildren(ruler(axis));
  }

  axis() {
    const { drawing, inSight } = this.shown;
    const chosen = drawing.cycles.filter((lane) => keyOf(lane) === inSight);
    const shown = chosen.length ? chosen : drawing.cycles;
    const starts = shown.map((lane) => ms(lane.started_at));
    const ends = shown.flatMap((lane) => [
      ms(lane.stretches.at(-1)?.end ?? lane.started_at),
      ...[lane.due_at, lane.breached_at, ...lane.deadlines.map((one) => one.due_at)].filter(Boolean).map(ms),
      ...lane.alerts.map((one) => ms(one.occurred_at)),
    ]);
    const start = Math.min(...starts, ms(drawing.created_at), ...(chosen.length ? starts : []));
    return new Axis(chosen.length ? Math.min(...starts) : start, Math.max(...ends, start + 60_000), Math.max(NARROW, lanes.clientWidth));
  }

  choices() {
    const { drawing, inSight } = this.shown;
    zoom.hidden = drawing.cycles.length < 2;
    const choice = (key, words) => element("button", {
      type: "button", class: "chip", "data-key": key ?? "all", "aria-pressed": String(key === inSight),
    }, words);
    arrange(zoom, [choice(null, "All of its life"), ...drawing.cycles.map((lane) => choice(keyOf(lane), nameOf(lane)))]);
    zoom.onclick = ({ target }) => {
      const key = target.closest("button")?.dataset.key;
      if (key) this.sight(key === "all" ? null : key);
    };
  }
}

export function keyOf({ clock, cycle }) {
  return `${clock}.${cycle}`;
}

function tables({ cycles }) {
  arrange(numbers, cycles.flatMap((lane) => [
    element("h3", {}, nameOf(lane)),
    table(["From", "To", "What", "How long", "Team", "Assignee", "Status", "Rule"], lane.stretches.map((one) => [
      exactly(one.start), exactly(one.end), KINDS[one.kind], duration((ms(one.end) - ms(one.start)) / 1000),
      one.team ?? "–", one.assigned_to ?? (one.assigned ? "somebody" : "nobody"), one.status ?? "–", one.rule ?? "the tier"])),
    lane.deadlines.length ? table(["Since", "Due"], lane.deadlines.map((one) => [
      exactly(one.since), one.due_at === null ? "no deadline: paused" : exactly(one.due_at)])) : null,
    lane.alerts.length ? table(["When", "Recorded", "Alert"], lane.alerts.map((one) => [
      exactly(one.occurred_at), exactly(one.recorded_at), severityOf(one)])) : null,
  ]).filter(Boolean));
}

function table(names, rows) {
  return element("table", { class: "plain" },
    element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell) => element("td", {}, cell))))));
}
