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

const BOTH = { true: null, false: null };

// What is asked of a ticket's clocks.
export const CLOCKS = ["clock", "ever_breached", "running", "remaining_less_than_seconds"];
export const USUAL = {
  q: "", phase: "open", due: "", due_from: "", due_before: "", sort: "next_due_at", page: 1, sla_state: [],
  clock: [], ever_breached: "", running: "", remaining_less_than_seconds: "",
};

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
    due_from: instant(given.get("due_from")),
    due_before: instant(given.get("due_before")),
    clock: given.getAll("clock").filter((name) => name.trim() !== ""),
    ever_breached: one("ever_breached", BOTH),
    running: one("running", BOTH),
    remaining_less_than_seconds: seconds(given.get("remaining_less_than_seconds")),
    sla_state: given.getAll("sla_state").flatMap((text) => text.split(",")).filter((name) => STATES.includes(name)),
  };
  return { ...view, ...readLists() };
}

export function writeView(view, { replace = false } = {}) {
  const address = new URL(location.href);
  const query = new URLSearchParams();
  for (const [name, usual] of Object.entries(USUAL)) {
    if (Array.isArray(usual)) for (const value of view[name]) query.append(name, value);
    else if (view[name] !== usual) query.set(name, view[name]);
  }
  writeLists(query, view);
  address.search = query;
  go(address, history.state, replace);
}

function instant(text) {
  const found = Date.parse(text ?? "");
  return Number.isNaN(found) ? "" : new Date(found).toISOString();
}

function seconds(text) {
  return text !== null && /^\d{1,7}$/.test(text) ? text : "";
}
