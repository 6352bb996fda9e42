// What a planned change would do to the tickets that are open now.

import { capital, counted, element, exactly } from "../shared/words.js";
import { section, ticket, verdict, warnings } from "./past.js";
import { table } from "./turns.js";

// `open(id)` shows a ticket.
export function showPlanned(place, found, open) {
  const figure = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value.toLocaleString()));
  place.replaceChildren(
    element("div", {}, element("p", { class: "lead" }, sentence(found)), warnings(found.warnings)),
    element("dl", { class: "figures" },
      figure("Open tickets", found.open_tickets), figure("With another deadline", found.moved),
      figure("Overdue at once", found.breached_at_once),
      figure("Alerts raised", found.alerts_raised), figure("Alerts withdrawn", found.alerts_withdrawn)),
  );
  const named = { name: "Ticket", cell: ({ external_id: name, ticket_id: id }) => ticket(name, () => open(id)) };
  const clock = { name: "Clock", cell: (one) => capital(one.clock) };
  const due = (instant) => (instant ? exactly(instant) : "none");
  if (found.deadlines.length) {
    place.append(section("Deadlines that would be other ones", table("Deadlines that would be other ones", [
      named, clock,
      { name: "It is", cell: ({ before }) => due(before) },
      { name: "It would be", cell: ({ after }) => due(after) },
      { name: "Then", cell: (one) => (one.breached_at_once ? verdict("breached") : "") },
    ], found.deadlines, { most: 50 })));
  }
  if (found.cycles.length) {
    place.append(section("Verdicts that would be other ones", table("Verdicts that would be other ones", [
      named, clock,
      { name: "It is", cell: ({ before }) => verdict(before) },
      { name: "It would be", cell: ({ after }) => verdict(after) },
    ], found.cycles, { most: 50 })));
  }
}

function sentence({ open_tickets: open, moved, breached_at_once: overdue }) {
  if (!moved && !overdue) return `Nothing would become of the ${counted(open, "open ticket")}.`;
  const at = overdue ? `${overdue.toLocaleString()} would be overdue at once` : "none would be overdue at once";
  return `Of ${counted(open, "open ticket")}, ${moved.toLocaleString()} would have another deadline; ${at}.`;
}
