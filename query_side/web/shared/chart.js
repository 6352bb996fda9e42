// Lines, steps and bars along time, with their numbers as a table: one picture for the mouse, the
// keyboard, a screen reader and paper. The drawing is uPlot's.
//
//   const chart = new Chart(place, { title: "Attainment", pick: (point, series) => … });
//   chart.show({
//     at: ["2026-01-05T00:00:00Z", …],              // instants in order, a step apart but for changes of the clocks
//     step: 3600,                                   // seconds from one to the next, as a rule
//     series: [
//       { name: "Billing", kind: "bars", values: [3, null, …], colour: "series-1" },
//       { name: "Goal", kind: "steps", values: [95, 95, …], colour: "text", dashed: true },
//     ],
//     words: (instant) => "week of 5 Jan",          // of a point; else its moment
//     number: (value) => `${value} %`,              // of a value; else as it is
//     range: [80, 100],                             // else from 0 to the highest
//   });
//
// `kind`: "bars" (those of one chart stand on each other), "lines" or "steps". Colours are names of
// the style sheet's variables; without one, each takes the next of --series-1 to --series-8.

import uPlot from "../vendor/uplot/uPlot.esm.js";
import { colour, onRepaint } from "./colours.js";
import { arrange } from "./keyed.js";
import { element, moment } from "./words.js";
import { zone } from "./zone.js";

const HEIGHT = 260; // px
const SERIES = 8; // colours there are
const DAY = 86400; // s
const EVERY = [900, 1800, 3600, 7200, 10800, 21600, 43200, ...[1, 2, 7, 14, 28, 91, 182, 365, 730, 1825, 3650].map((days) => days * DAY)];
const HOURS = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });
const DATES = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: zone });
const MONTHS = new Intl.DateTimeFormat(undefined, { month: "short", year: "numeric", timeZone: zone });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "short", timeZone: zone });
const DAY_OF_MONTH = new Intl.DateTimeFormat("en", { day: "numeric", timeZone: zone });

export class Chart {
  // `pick(point, series)`: somebody wants to know more of a point, and of the series that they hit
  // (null: of none in particular).
  constructor(place, { title, pick = null, height = HEIGHT }) {
    this.title = title;
    this.pick = pick;
    this.height = height;
    this.at = null; // the pointed point
    this.plot = null;
    this.data = null;
    this.canvas = element("div", { class: "plot", tabindex: "0", role: "slider", "aria-orientation": "horizontal", "aria-label": title });
    this.said = element("p", { class: "pointed", "aria-hidden": "true" }, " ");
    this.legend = element("ul", { class: "legend" });
    this.table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, in numbers` });
    this.figure = element("figure", { class: "chart" }, this.legend, this.canvas, this.said,
      element("details", { class: "numbers" }, element("summary", {}, "In numbers"), this.table));
    place.replaceChildren(this.figure);
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("focus", () => this.point(this.at ?? 0));
    this.canvas.addEventListener("blur", () => this.point(null));
    new ResizeObserver(() => this.resize()).observe(this.canvas);
    onRepaint(() => this.paint());
  }

  show({ at, step, series, words = moment, number = (value) => value.toLocaleString(), range = null }) {
    let next = 0;
    this.data = {
      at, step, words, number, range,
      series: series.map((one) => ({ ...one, colour: one.colour ?? `series-${(next++ % SERIES) + 1}` })),
    };
    this.at = this.at === null ? null : Math.min(this.at, at.length - 1);
    arrange(this.legend, this.data.series.map((one) =>
      element("li", { "data-kind": one.kind }, swatch(one), one.name)));
    arrange(this.table, [this.numbers()]);
    this.slide();
    this.paint();
  }

  numbers() {
    const { at, series, words, number } = this.data;
    const cell = (one, point) => element("td", { class: "number" }, valued(one.values[point], number));
    return element("table", { class: "plain" },
      element("caption", { class: "unseen" }, this.title),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "When"),
        ...series.map(({ name }) => element("th", { scope: "col", class: "number" }, name)))),
      element("tbody", {}, ...at.map((instant, point) =>
        element("tr", {}, element("th", { scope: "row" }, words(instant)), ...series.map((one) => cell(one, point))))));
  }

  // As the keyboard and a screen reader have it: a slider along time.
  slide() {
    const { at } = this.data;
    this.canvas.setAttribute("aria-valuemin", 0);
    this.canvas.setAttribute("aria-valuemax", Math.max(0, at.length - 1));
    this.canvas.setAttribute("aria-valuenow", this.at ?? 0);
    this.canvas.setAttribute("aria-valuetext", at.length ? this.sentence(this.at ?? 0) : "nothing to show");
    const words = this.at === null ? "" : this.sentence(this.at);
    this.said.textContent = words || "\u00a0";
  }

  sentence(point) {
    const { at, series, words, number } = this.data;
    const told = series.filter(({ values }) => values[point] !== null && values[point] !== undefined)
      .map(({ name, values }) => `${name} ${number(values[point])}`);
    return `${words(at[point])}: ${told.join(" · ") || "nothing"}`;
  }

  key(event) {
    const last = (this.data?.at.length ?? 0) - 1;
    if (last < 0) return;
    const now = this.at ?? 0;
    const to = {
      ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1,
      PageDown: now + 10, PageUp: now - 10, Home: 0, End: last,
    }[event.key];
    if (to !== undefined) this.point(Math.max(0, Math.min(last, to)));
    else if (this.pick && (event.key === "Enter" || event.key === " ")) this.pick(now, null);
    else return;
    event.preventDefault();
  }

  point(point) {
    if (!this.data) return;
    this.at = point;
    this.slide();
    if (!this.plot) return;
    const left = point === null ? -10 : this.plot.valToPos(this.instant(point) + this.wide() / 2, "x");
    this.plot.setCursor({ left, top: point === null ? -10 : 1 }, false);
  }

  instant(point) {
    return Date.parse(this.data.at[point]) / 1000;
  }

  // Bars and steps reach from their instant to the next; lines go from point to point.
  wide() {
    return this.data.series.some(({ kind }) => kind !== "lines") ? this.data.step : 0;
  }

  resize() {
    if (this.plot && this.canvas.clientWidth && this.canvas.clientWidth !== this.plot.width) {
      this.plot.setSize({ width: this.canvas.clientWidth, height: this.height });
    } else if (!this.plot) {
      this.paint();
    }
  }

  paint() {
    this.plot?.destroy();
    this.plot = null;
    const width = this.canvas.clientWidth;
    if (!this.data?.at.length || !width) return;
    this.plot = new uPlot(this.options(width), this.columns(), this.canvas);
    if (this.at !== null) this.point(this.at);
  }

  // What stands on others is drawn first, and as high as all below it.
  columns() {
    const { at, series, step } = this.data;
    const instants = at.map((_, point) => this.instant(point));
    const sums = at.map(() => 0);
    const bars = series.filter(({ kind }) => kind === "bars").map(({ values }) => values.map((value, point) => {
      sums[point] += value ?? 0;
      return value === null ? null : sums[point];
    }));
    const rest = series.filter(({ kind }) => kind !== "bars").map(({ values }) => values);
    const columns = [instants, ...bars.reverse(), ...rest];
    if (!this.wide()) return columns;
    // So that the last step is as long as the others.
    const kinds = [null, ...bars.map(() => "bars"), ...this.data.series.filter(({ kind }) => kind !== "bars").map(({ kind }) => kind)];
    return columns.map((column, place) => [
      ...column, place === 0 ? instants.at(-1) + step : kinds[place] === "steps" ? column.at(-1) : null]);
  }

  options(width) {
    const { series, range, number, step } = this.data;
    const muted = colour("muted");
    const line = colour("line");
    const axis = { stroke: muted, font: `12px ${getComputedStyle(document.body).fontFamily}`, ticks: { show: false } };
    const bars = series.filter(({ kind }) => kind === "bars").reverse();
    const rest = series.filter(({ kind }) => kind !== "bars");
    return {
      width,
      height: this.height,
      tzDate: (seconds) => (zone === "UTC" ? uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC") : new Date(seconds * 1000)),
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { show: false } },
      padding: [8, 22, 0, 0], // half of what stands below the last instant lies beyond it
      scales: {
        x: { time: true, range: (_, low, high) => [low, high > low ? high : low + step] },
        y: { range: (_, low, high) => range ?? [0, Math.max(1, high * 1.08)] },
      },
      axes: [
        { ...axis, grid: { show: false }, space: 60, incrs: EVERY.filter((every) => every >= step), values: (_, splits, __, ___, every) => splits.map((at, place) => tick(at, every, place)), size: 34 },
        { ...axis, grid: { stroke: line, width: 1 }, space: 40, values: (_, splits) => splits.map((value) => (range || Number.isInteger(value) ? number(value) : "")), size: 52 },
      ],
      series: [{}, ...[...bars, ...rest].map((one) => drawn(one))],
      hooks: {
        setCursor: [(plot) => this.moved(plot)],
        ready: [(plot) => this.listen(plot)],
      },
    };
  }

  listen(plot) {
    plot.over.addEventListener("click", (event) => this.hit(plot, event));
    plot.over.addEventListener("mouseleave", () => {
      if (document.activeElement !== this.canvas) this.point(null);
    });
  }

  // Where the mouse is; not where the keyboard has put it.
  moved(plot) {
    if (!plot.over.matches(":hover")) return;
    const point = this.under(plot);
    if (point === this.at) return;
    this.at = point;
    this.slide();
    plot.over.style.cursor = this.pick && point !== null ? "pointer" : "";
  }

  under(plot) {
    const { left } = plot.cursor;
    if (left === null || left < 0) return null;
    const at = plot.posToVal(left, "x");
    // By where each begins, or half of the way to it: not every day has 24 hours.
    const reached = this.data.at.findLastIndex((_, point) =>
      at >= (this.wide() || point === 0 ? this.instant(point) : (this.instant(point - 1) + this.instant(point)) / 2));
    return Math.max(0, reached);
  }

  // The bar that was hit, where bars stand on each other.
  hit(plot, event) {
    const point = this.under(plot);
    if (!this.pick || point === null) return;
    const value = plot.posToVal(event.offsetY, "y");
    let sum = 0;
    for (const one of this.data.series.filter(({ kind }) => kind === "bars")) {
      sum += one.values[point] ?? 0;
      if (value >= 0 && value <= sum) return this.pick(point, one);
    }
    this.pick(point, null);
  }
}

function valued(value, number) {
  return value === null || value === undefined ? "–" : number(value);
}

function swatch(one) {
  return element("span", { class: "swatch", "aria-hidden": "true", "data-colour": one.colour, "data-dashed": one.dashed ? "true" : null });
}

function drawn(one) {
  const stroke = colour(one.colour);
  if (one.kind === "bars") {
    return { stroke, fill: stroke, width: 0, points: { show: false }, paths: uPlot.paths.bars({ align: 1, size: [0.82, 80], gap: 0 }) };
  }
  return {
    stroke,
    width: 2,
    dash: one.dashed ? [6, 4] : undefined,
    points: { show: one.kind === "lines" && !one.dashed, size: 6, fill: stroke },
    paths: one.kind === "steps" ? uPlot.paths.stepped({ align: 1 }) : undefined,
  };
}

// Hours within a day; a day once, where it begins; months with their year.
function tick(at, every, place) {
  const instant = new Date(at * 1000);
  if (every > 28 * DAY) return MONTHS.format(instant);
  if (every >= DAY) return DATES.format(instant);
  const local = uPlot.tzDate(instant, zone === "UTC" ? "Etc/UTC" : zone);
  const begins = place === 0 || (local.getHours() === 0 && local.getMinutes() === 0);
  return begins ? `${HOURS.format(instant)}\n${WEEKDAY.format(instant)} ${DAY_OF_MONTH.format(instant)}` : HOURS.format(instant);
}
