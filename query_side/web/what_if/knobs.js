// What can be moved without the text: targets, calendars and thresholds, as one change of the
// configuration in force. A slider goes through usual lengths; what is typed beside it may be any.

import { counted, element } from "../shared/words.js";

const MINUTE = 60;
const HOUR = 3600;
const TIMES = [5, 10, 15, 20, 30, 45].map((one) => one * MINUTE)
  .concat([1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 72, 96, 120, 168, 240, 336, 480, 720].map((one) => one * HOUR));
const DAYS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20];
const ELSEWHERE = "as everywhere else";

function written(seconds) {
  if (seconds % HOUR === 0) return `${seconds / HOUR}h`;
  return seconds % MINUTE === 0 ? `${seconds / MINUTE}m` : `${seconds}s`;
}

// As people say it.
function said(text) {
  const found = /^(\d+)(h|m|s|bd)$/.exec(text);
  return found ? counted(Number(found[1]), { h: "hour", m: "minute", s: "second", bd: "working day" }[found[2]]) : text;
}

export class Knobs {
  // `moved()`: somebody has moved one.
  constructor(place, moved) {
    this.place = place;
    this.moved = moved;
    this.knobs = [];
  }

  // `known`: what the service says can be moved.
  show(known) {
    this.knobs = [];
    this.count = 0;
    const named = new Map([[null, []]]);
    for (const one of known.calendars) named.set(one.promised, []);
    for (const one of known.calendars) named.get(one.promised).push(this.calendar(one, known.calendar_names));
    for (const one of known.targets) named.get(one.promised).push(this.target(one));
    const percents = [this.percent("warning", known.warning_percent), this.percent("critical", known.critical_percent)];
    const everywhere = this.block("Thresholds and calendar", [...percents, ...named.get(null)]);
    named.delete(null);
    this.place.replaceChildren(...[...named].map(([name, rows]) => this.block(name, rows)), everywhere);
    this.place.querySelector("details")?.setAttribute("open", "");
    this.mark();
  }

  block(name, knobs) {
    const count = element("span", { class: "count" });
    const made = element("details", {}, element("summary", {}, name, count), ...knobs.map(({ row }) => row));
    for (const knob of knobs) knob.count = count;
    return made;
  }

  target(one) {
    const steps = one.seconds === null ? DAYS.map((days) => `${days}bd`)
      : [...new Set([...TIMES, one.seconds])].sort((a, b) => a - b).map(written);
    const value = one.seconds === null ? one.value : written(one.seconds);
    if (!steps.includes(value)) steps.unshift(value);
    const whose = one.team === null ? "" : `, ${one.team}`;
    return this.slider(`${one.priority} ${one.clock.replaceAll("_", " ")}${whose}`, one.promised, steps, value, (patch, text) => {
      put(patch, one.path, text);
      if (one.instead_of) put(patch, [...one.path.slice(0, -1), one.instead_of], null);
    }, one.path);
  }

  percent(name, value) {
    const steps = [...new Set([...Array(60).keys()].map((one) => one + 1).concat(value))].sort((a, b) => a - b).map(String);
    const path = ["alert_thresholds", name];
    return this.slider(`${name[0].toUpperCase()}${name.slice(1)} at % left`, "all", steps, String(value),
      (patch, text) => put(patch, path, /^\d+(\.\d+)?$/.test(text) ? Number(text) : text), path);
  }

  slider(label, of, steps, value, write, path) {
    const id = `knob-${this.count++}`;
    const range = element("input", { type: "range", id, min: 0, max: steps.length - 1, value: steps.indexOf(value) });
    const text = element("input", { type: "text", class: "written", value, maxlength: 20, autocomplete: "off", "aria-label": `${of} ${label}, as it is written` });
    const was = element("span", { class: "was", hidden: "" });
    const row = element("div", { class: "knob" }, element("label", { for: id }, label), range, text, was);
    const knob = { row, value, write, path, now: () => text.value.trim(), set: (to) => set(to) };
    const set = (to) => {
      text.value = to;
      const step = steps.indexOf(to);
      if (step >= 0) range.value = step;
      range.setAttribute("aria-valuetext", `${of} ${said(to)}`);
      was.hidden = to === value;
      was.textContent = `${said(value)} → ${said(to) || "nothing"}`;
    };
    range.addEventListener("input", () => { set(steps[range.value]); this.mark(); });
    text.addEventListener("input", () => { set(text.value.trim()); this.mark(); });
    set(value);
    this.knobs.push(knob);
    return knob;
  }

  calendar({ path, promised, value }, names) {
    const id = `knob-${this.count++}`;
    const choice = element("select", { id }, ...(promised === null ? [] : [element("option", { value: "" }, ELSEWHERE)]),
      ...names.map((name) => element("option", { value: name }, name)));
    choice.value = value ?? "";
    const row = element("div", { class: "knob" }, element("label", { for: id }, "Counted by"), choice);
    const knob = { row, value: value ?? "", path, write: (patch, to) => put(patch, path, to || null), now: () => choice.value, set: (to) => { choice.value = to ?? ""; } };
    choice.addEventListener("change", () => this.mark());
    this.knobs.push(knob);
    return knob;
  }

  mark() {
    const counts = new Map();
    for (const knob of this.knobs) {
      const moved = knob.now() !== knob.value;
      knob.row.toggleAttribute("data-moved", moved);
      knob.row.removeAttribute("data-wrong");
      counts.set(knob.count, (counts.get(knob.count) ?? 0) + moved);
    }
    for (const [place, moved] of counts) {
      place.textContent = moved ? counted(moved, "change") : "";
      place.toggleAttribute("data-moved", moved > 0);
    }
    this.moved();
  }

  // How many are moved.
  get size() {
    return this.knobs.filter((knob) => knob.now() !== knob.value).length;
  }

  changes() {
    const patch = {};
    for (const knob of this.knobs) if (knob.now() !== knob.value) knob.write(patch, knob.now());
    return patch;
  }

  // As a change had them; what it does not name is as it is.
  set(changes) {
    for (const knob of this.knobs) {
      let found = changes;
      for (const key of knob.path) found = found?.[key];
      knob.set(found === undefined ? knob.value : found === null ? "" : String(found));
    }
    this.mark();
  }

  // The knob at the way to a key, where there is one.
  wrong(key) {
    const knob = this.knobs.find(({ path }) => path.join(".") === key);
    knob?.row.setAttribute("data-wrong", "");
    return knob?.row ?? null;
  }
}

function put(patch, path, value) {
  let block = patch;
  for (const key of path.slice(0, -1)) block = block[key] ??= {};
  block[path.at(-1)] = value;
}
