// What will be breached in the next hours, hour by hour: a press shows the tickets of one.

import { ask } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { counted, element, picture } from "../shared/words.js";
import { zone } from "../shared/zone.js";

const AHEAD = 12;
const HOUR = 3600;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone });

const place = document.querySelector("#hours");

export class Hours {
  // `filters`: of the board, which a press sets.
  constructor(filters) {
    this.filters = filters;
    this.asked = 0;
    place.addEventListener("click", ({ target }) => {
      const hour = target.closest("button");
      if (!hour) return;
      const { view } = filters;
      const { from, until } = hour.dataset;
      const same = view.due_before === until;
      filters.set({ due: "", due_from: same ? "" : from, due_before: same ? "" : until });
    });
  }

  async refresh() {
    const number = ++this.asked;
    const { due_within_seconds: _, due_from: __, due_before: ___, ...question } = this.filters.question();
    const found = await ask("/forecast", { ...question, by: "hour", hours: AHEAD + 1, limit: 1, time_zone: zone });
    if (number !== this.asked) return; // a newer question is on its way
    this.draw(found);
  }

  draw({ buckets }) {
    const shown = buckets.slice(0, AHEAD);
    const most = Math.max(1, ...shown.map(({ count }) => count), ...shown.map(({ usual }) => usual ?? 0));
    arrange(place, shown.map((one) => hour(one, most, this.filters.view.due_before)));
  }
}

function hour({ from, until, count, usual }, most, chosen) {
  const told = usual === null ? "" : `, usually ${usual.toFixed(1)} done`;
  const ends = new Date(until).toISOString();
  const begins = new Date(Date.parse(until) - HOUR * 1000);
  return element("li", { "data-key": ends },
    element("button", {
      type: "button", "data-from": new Date(from).toISOString(), "data-until": ends,
      "aria-pressed": String(chosen === ends), "data-over": usual !== null && count > usual ? "true" : null,
      title: `${counted(count, "deadline")}${told}`,
      "aria-label": `${TIME.format(begins)} to ${TIME.format(new Date(until))}: ${counted(count, "deadline")}${told}`,
    }, element("b", {}, count.toLocaleString()), bar(count, usual, most), element("span", {}, TIME.format(begins))));
}

// As high as it is much, with a line where it is usual.
function bar(count, usual, most) {
  const at = (value) => String(40 - (38 * value) / most);
  return picture("svg", { viewBox: "0 0 10 40", preserveAspectRatio: "none", "aria-hidden": "true" },
    picture("rect", { x: "0", width: "10", y: at(count), height: String((38 * count) / most + 2) }),
    usual === null ? null : picture("line", { x1: "0", x2: "10", y1: at(usual), y2: at(usual) }));
}
