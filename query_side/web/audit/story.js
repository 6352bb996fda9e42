// What happened, and why: the timeline in sentences, oldest first, each with a way to its instant.

import { arrange } from "../shared/keyed.js";
import { sentence } from "../shared/timeline.js";
import { counted, element, exactly } from "../shared/words.js";
import { change } from "./address.js";

const LATE = 60_000; // ms after which something was not heard as it happened
// What changes no clock: it follows from one.
const FOLLOWS = ["alert", "escalation", "retracted", "delivered", "undelivered", "informed", "unmuted", "not_reminded"];
const STATES = {
  clock_stopped_late: "breached", clock_met: "met", alert: "warning", escalation: "warning",
  undelivered: "breached",
};

const list = document.querySelector("#story");
const count = document.querySelector("#story-count");

// `stops`: all instants at which something was heard, in order.
export function story(entries, stops) {
  count.textContent = counted(entries.length, "entry", "entries");
  arrange(list, entries.map((entry, place) => step(entry, place, stops)));
}

function step(entry, place, stops) {
  const { occurred_at: at, recorded_at: heard } = entry;
  const late = heard !== null && Date.parse(heard) - Date.parse(at) > LATE;
  return element("li", {
    "data-key": entry.position === null ? `calculated-${place}` : `at-${entry.position}-${entry.kind}`,
    "data-position": entry.position, "data-state": STATES[entry.kind] ?? "none",
  },
  element("p", { class: "muted step-head" }, exactly(at),
    late ? element("span", {}, " · heard ", exactly(heard)) : null,
    button("As it stood then", { as_of: at }),
    late && !FOLLOWS.includes(entry.kind) ? between(heard, stops) : null),
  element("p", { "data-kind": entry.kind }, ...sentence(entry.explanation)));
}

// By what was known right before it was heard, and since.
function between(heard, stops) {
  const before = stops[stops.indexOf(heard) - 1];
  return before === undefined ? null : button("What did that change?", { known_at: before, and: heard }, "#differ");
}

function button(words, changes, goes = "#drawing") {
  return element("button", {
    type: "button", class: "named-bar step-to", "data-changes": JSON.stringify(changes), "data-goes": goes,
  }, words);
}

// One listener for all: what is refreshed keeps its buttons.
list.addEventListener("click", ({ target }) => {
  const { changes, goes } = target.closest("button")?.dataset ?? {};
  if (!changes) return;
  change(JSON.parse(changes));
  document.querySelector(goes).scrollIntoView({ block: "nearest" });
});

export function point(position) {
  const entry = list.querySelector(`[data-position="${position}"]`);
  if (!entry) return;
  for (const other of list.querySelectorAll("[data-pointed]")) other.removeAttribute("data-pointed");
  entry.dataset.pointed = "true";
  entry.scrollIntoView({ block: "center" });
}
