// Which ticket is looked at, at which instant and by what was known when, as the address holds it.

import { go } from "../shared/address.js";

// Instants stay as the server writes them: a Date would lose its microseconds.
const NAMES = ["ticket", "source", "as_of", "known_at", "and", "in_sight"];

export function readView() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(NAMES.map((name) => [name, given.get(name) || null]));
}

// `changes`: of these; null takes one out.
export function change(changes, replace = false) {
  const address = new URL(location.href);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  go(address, history.state, replace);
}

// Where a ticket is, beside whatever is filtered.
export function addressOf(ticket, source) {
  const address = new URL(location.href);
  for (const name of NAMES) address.searchParams.delete(name);
  address.searchParams.set("ticket", ticket);
  if (source) address.searchParams.set("source", source);
  address.hash = "";
  return address.href;
}
