// When promises are broken: a table of weekdays and hours, each cell its number and its colour.

import { arrange } from "../shared/keyed.js";
import { element } from "../shared/words.js";
import { zone } from "../shared/zone.js";
import { DAYS, rowsOf } from "./words.js";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);
const SHADES = 5;

const place = document.querySelector("#heat");
const count = document.querySelector("#heat-count");

// `groups`: by weekday and hour, of the deadlines that were missed.
export function heat(groups) {
  const cells = new Map(groups.map((one) => [`${one.weekday}.${one.hour}`, one]));
  const most = Math.max(1, ...groups.map(({ breached }) => breached));
  const worst = groups.reduce((one, other) => (other.breached > (one?.breached ?? 0) ? other : one), null);
  count.textContent = worst ? `most on ${DAYS[worst.weekday - 1]}s at ${clock(worst.hour)}, times of ${zone.replaceAll("_", " ")}` : "no breaches";
  arrange(place, [element("table", { class: "heat" },
    element("caption", { class: "unseen" }, `Breaches by the weekday and hour of their deadline, ${zone}`),
    element("thead", {}, element("tr", {}, element("td", {}),
      ...HOURS.map((hour) => element("th", { scope: "col" }, element("span", { "aria-hidden": "true" }, String(hour)), element("span", { class: "unseen" }, clock(hour)))),
      element("th", { scope: "col" }, "All"))),
    element("tbody", {}, ...DAYS.map((day, index) => element("tr", {},
      element("th", { scope: "row" }, element("abbr", { title: day }, day.slice(0, 3))),
      ...HOURS.map((hour) => cell(cells.get(`${index + 1}.${hour}`), most, `${day} ${clock(hour)}`)),
      element("td", { class: "total" }, sum(groups, ({ weekday }) => weekday === index + 1)))),
      element("tr", {}, element("th", { scope: "row" }, "All"),
        ...HOURS.map((hour) => element("td", { class: "total" }, sum(groups, (one) => one.hour === hour))),
        element("td", { class: "total" }, sum(groups, () => true)))))]);
}

function cell(group, most, when) {
  const breached = group?.breached ?? 0;
  if (!breached) return element("td", { "data-heat": "0" }, element("span", { class: "unseen" }, "0"));
  const shade = Math.max(1, Math.ceil((SHADES * breached) / most));
  return element("td", { "data-heat": shade },
    element("a", { href: rowsOf(group.href, "breached"), "data-rows": "", "aria-label": `${breached} breaches, ${when}` }, breached.toLocaleString()));
}

function sum(groups, wanted) {
  return groups.filter(wanted).reduce((total, { breached }) => total + breached, 0).toLocaleString();
}

function clock(hour) {
  return `${String(hour).padStart(2, "0")}:00`;
}
