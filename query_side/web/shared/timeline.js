// What happened to a ticket, and why, as the server tells it.

import { ask } from "./api.js";
import { element } from "./words.js";
import { zone } from "./zone.js";

// `path`: of the ticket. In the zone of all else here; where the server does not know it, in the
// calendar's.
export async function timeline(path, question) {
  try {
    return await ask(`${path}/timeline`, { ...question, tz: zone });
  } catch (error) {
    if (error.status !== 422) throw error;
    return ask(`${path}/timeline`, question);
  }
}

// No line breaks within a date.
export function sentence(words) {
  return words.split(/(\d{4}-\d{2}-\d{2})/).map((part, index) =>
    index % 2 ? element("span", { class: "whole" }, part) : part);
}
