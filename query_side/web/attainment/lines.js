// The share that was kept, day by day or week by week, a line for each clock, with its goal.

import { Chart } from "../shared/chart.js";
import { capital } from "../shared/words.js";
import { change } from "./address.js";
import { told } from "./periods.js";
import { percent } from "./words.js";

const title = document.querySelector("#lines-title");
const count = document.querySelector("#lines-count");
const NAMES = { day: "Day by day", week: "Week by week" };

export class Lines {
  constructor() {
    this.groups = new Map();
    this.starts = [];
    this.chart = new Chart(document.querySelector("#lines"), {
      title: "Share of promises kept", pick: (point) => this.pick(point),
    });
  }

  // `groups`: by the line's unit and clock; `goals`: by clock, the share that has to be kept.
  show(line, groups, goals) {
    title.textContent = NAMES[line.unit];
    const clocks = [...new Set(groups.map(({ clock }) => clock))].sort();
    this.starts = line.starts;
    this.groups = new Map(groups.map((one) => [`${place(line, one.begins_at)}.${one.clock}`, one]));
    const values = (clock) => line.starts.map((_, point) => this.groups.get(`${point}.${clock}`)?.attainment_percent ?? null);
    const series = clocks.flatMap((clock, index) => {
      const colour = `series-${(index % 8) + 1}`;
      const kept = { name: capital(clock), kind: "lines", values: values(clock), colour };
      const goal = goals.get(clock);
      return goal === undefined ? [kept]
        : [kept, { name: `${capital(clock)}: goal`, kind: "steps", values: line.starts.map(() => goal), colour, dashed: true }];
    });
    const lowest = Math.min(100, ...series.flatMap((one) => one.values.filter((value) => value !== null)));
    count.textContent = series.length ? "a point leads to its breaches" : "nothing was decided";
    this.chart.show({
      at: line.starts.map((at) => at.toISOString()), step: line.step, series,
      words: told(line.unit), number: percent, range: [Math.max(0, Math.floor((lowest - 4) / 10) * 10), 100],
    });
  }

  pick(point) {
    const found = [...this.groups].filter(([key]) => key.startsWith(`${point}.`)).map(([, group]) => group);
    if (!found.length) return;
    const query = new URLSearchParams(found[0].href.split("?")[1]);
    query.delete("clock");
    for (const { clock } of found) query.append("clock", clock);
    query.set("outcome", "breached");
    change({ rows: query.toString(), page: null });
  }
}

function place({ starts }, begins) {
  const at = Date.parse(begins);
  let found = 0;
  while (found + 1 < starts.length && starts[found + 1].getTime() <= at) found += 1;
  return found;
}
