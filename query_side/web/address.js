// What is looked at, as the address holds it: a view can be passed on, and Back goes to the last one.

import { STATES } from "./words.js";

export const PHASES = {
  open: ["waiting", "active", "paused"],
  waiting: ["waiting"],
  active: ["active"],
  paused: ["paused"],
  closed: ["done", "cancelled"],
  all: [],
};
export const LISTS = ["priority", "customer_tier", "status", "assigned_to", "team", "type", "rule", "organization"];
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
  for (const name of LISTS) view[name] = given.getAll(name).filter((value) => value.trim() !== "");
  if (given.get("unassigned") === "true") view.assigned_to.push(null);
  return view;
}

export function writeView(view, { replace = false } = {}) {
  const address = new URL(location.href);
  const query = new URLSearchParams();
  for (const name of ["q", "phase", "due", "sort", "page"]) {
    if (view[name] !== USUAL[name]) query.set(name, view[name]);
  }
  for (const name of ["sla_state", ...LISTS]) {
    for (const value of view[name]) {
      if (value === null) query.set("unassigned", "true");
      else query.append(name, value);
    }
  }
  address.search = query;
  go(address, history.state, replace);
}

// A message in Slack links to #ticket/<id>. What cannot be decoded is an id as it stands.
export function readTicket() {
  const given = location.hash.match(/^#\/?ticket\/(.+)$/)?.[1];
  if (given === undefined) return null;
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
}

export function openTicket(id) {
  const address = new URL(location.href);
  address.hash = `ticket/${encodeURIComponent(id)}`;
  go(address, { opened: true }, false);
}

// Where the page itself opened it, closing is going back: Back does not open it again.
export function closeTicket() {
  if (readTicket() === null) return;
  if (history.state?.opened) {
    history.back();
    return;
  }
  const address = new URL(location.href);
  address.hash = "";
  go(address, null, true);
}

function go(address, state, replace) {
  if (address.href === location.href) return;
  if (replace) history.replaceState(state, "", address);
  else history.pushState(state, "", address);
}
