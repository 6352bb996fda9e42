// What of the board is looked at, as the address holds it.

import { go, readLists, writeLists } from "../shared/address.js";
import { STATES } from "../shared/words.js";

export const PHASES = {
  open: ["waiting", "active", "paused"],
  waiting: ["waiting"],
  active: ["active"],
  paused: ["paused"],
  closed: ["done", "cancelled"],
  all: [],
};
export const DUE = { "1h": 3600, "4h": 14400, today: null };
export const SORTS = {
  next_due_at: "Soonest to save",
  due_at: "Longest overdue",
  sla_state: "Worst state",
  "-escalation_level": "Highest level",
  priority: "Priority",
  "-updated_at": "Latest update",
  "-created_at": "Newest",
  external_id: "Ticket id",
};
const LAST_PAGE = 1_000_000; // of the API
const LONGEST_TEXT = 200;

export const USUAL = { q: "", phase: "open", due: "", sort: "next_due_at", page: 1, sla_state: [] };

// Whatever the address says that is no view is as if it were not there.
export function readView() {
  const given = new URLSearchParams(location.search);
  const one = (name, known) => (Object.hasOwn(known, given.get(name) ?? "") ? given.get(name) : USUAL[name]);
  const view = {
    q: (given.get("q") ?? "").slice(0, LONGEST_TEXT),
    phase: one("phase", PHASES),
    due: one("due", DUE),
    sort: one("sort", SORTS),
    page: Math.min(LAST_PAGE, Math.max(1, Number.parseInt(given.get("page"), 10) || 1)),
    sla_state: given.getAll("sla_state").flatMap((text) => text.split(",")).filter((name) => STATES.includes(name)),
  };
  return { ...view, ...readLists() };
}

export function writeView(view, { replace = false } = {}) {
  const address = new URL(location.href);
  const query = new URLSearchParams();
  for (const name of ["q", "phase", "due", "sort", "page"]) {
    if (view[name] !== USUAL[name]) query.set(name, view[name]);
  }
  for (const value of view.sla_state) query.append("sla_state", value);
  writeLists(query, view);
  address.search = query;
  go(address, history.state, replace);
}
