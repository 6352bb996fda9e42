// Who used the time: for each cycle, the parts of its breakdown, the longest first.

import { arrange } from "../shared/keyed.js";
import { element } from "../shared/words.js";
import { length, nameOf } from "./words.js";

const KINDS = ["counted", "paused", "excused"];
const place = document.querySelector("#use");

// `cycles`: of the breakdown; `lanes`: those of the drawing, for their calendars.
export function use(cycles, lanes) {
  const drawn = new Map(lanes.map((lane) => [nameOf(lane), lane]));
  if (!cycles.length) {
    arrange(place, [element("p", { class: "muted" }, "Nothing is promised by then, so no time is counted.")]);
    return;
  }
  arrange(place, cycles.flatMap((one) => {
    const lane = drawn.get(nameOf(one));
    const calendar = lane?.calendar;
    const shown = KINDS.filter((kind) => kind === "counted" || one[`${kind}_seconds`] > 0);
    const parts = [...one.parts].sort((a, b) => b.counted_seconds - a.counted_seconds || b.paused_seconds - a.paused_seconds);
    const cells = (part) => shown.map((kind) => element("td", { class: "number" }, length(part[`${kind}_seconds`], calendar)));
    return [
      element("h3", { "data-key": `title-${nameOf(one)}` }, nameOf(one)),
      lane && lane.breached_at !== null ? element("p", { "data-key": `why-${nameOf(one)}` }, why(one, lane, parts[0])) : null,
      element("table", { class: "plain", "data-key": nameOf(one) },
        element("thead", {}, element("tr", {},
          element("th", { scope: "col" }, "Status and assignee"),
          ...shown.map((kind) => element("th", { scope: "col", class: "number" }, kind)))),
        element("tbody", {},
          ...parts.map((part) => element("tr", {}, element("th", { scope: "row" }, whose(part)), ...cells(part))),
          element("tr", { class: "total" }, element("th", { scope: "row" }, "In all"), ...cells(one)))),
    ].filter(Boolean);
  }));
}

// Why it was breached, in a sentence: by how much, and who had most of what counted.
function why(one, lane, longest) {
  const over = one.counted_seconds - (lane.target_seconds ?? 0);
  const share = Math.round((100 * longest.counted_seconds) / one.counted_seconds);
  const past = over > 0 ? `${length(over, lane.calendar)} over the ${length(lane.target_seconds, lane.calendar)} promised` : "its deadline was missed";
  return `Breached, ${past}. Most of what counted (${share} %) was: ${whose(longest)}.`;
}

function whose(part) {
  const who = part.assigned_to ?? (part.assigned ? "somebody" : "nobody");
  return [part.status ?? "no status", who, part.team, part.rule].filter(Boolean).join(" · ");
}
