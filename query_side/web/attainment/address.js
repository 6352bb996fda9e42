// What is looked at, as the address holds it.

import { go, LISTS, meant, readLists } from "../shared/address.js";
import { PERIODS } from "./periods.js";

export const BY = {
  team: "team", rule: "rule", assigned_to: "assignee", tier: "tier", priority: "priority",
  organization: "organization", type: "type", policy: "version of the configuration",
};
const USUAL = {
  period: "12-weeks", from: null, to: null, clock: null, excused: "with", by: "team", as_of: null, known_at: null,
  rows: null, sort: "-at", page: "1", all: null, promises: null,
};
// What a report can be asked for; the status is the ticket's present one.
export const FILTERS = LISTS.filter((name) => name !== "status");

export function readView() {
  const given = new URLSearchParams(location.search);
  const view = Object.fromEntries(Object.entries(USUAL).map(([name, usual]) => [name, given.get(name) || usual]));
  if (!Object.hasOwn(PERIODS, view.period)) view.period = USUAL.period;
  if (!Object.hasOwn(BY, view.by)) view.by = USUAL.by;
  if (view.excused !== "without") view.excused = "with";
  return { ...view, lists: readLists() };
}

// The address of the same with other values of some names; a list is a name given several times.
export function changed(changes) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    address.searchParams.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== null && one !== USUAL[name]) address.searchParams.append(name, one);
    }
  }
  return address;
}

export function change(changes) {
  go(changed(changes));
}

// The filters as the API takes them.
export function filters({ lists, clock, excused, as_of: asOf, known_at: knownAt }) {
  const found = { clock, excused: excused === "without" ? excused : null, as_of: asOf, known_at: knownAt };
  for (const name of FILTERS) found[name] = meant(lists[name]);
  if (lists.assigned_to.includes(null)) found.unassigned = true;
  return found;
}
