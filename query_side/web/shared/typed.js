// What is typed into a form: what is suggested for it, and how the API takes it.

import { ask } from "./api.js";
import { element } from "./words.js";
import { zone } from "./zone.js";

// The names that tickets have.
export async function suggest() {
  try {
    const facets = await ask("/dashboard/facets");
    for (const name of ["customer_tier", "priority"]) {
      document.querySelector(`#known-${name}`)
        .replaceChildren(...facets[name].map(({ value }) => element("option", { value: named(value) })));
    }
  } catch { /* they can be typed */ }
}

// What is typed is of the zone of the times that are shown.
export function instant(local) {
  return new Date(zone === "UTC" ? `${local}Z` : local).toISOString();
}

// And the other way round: an instant as such a field holds it, to the minute.
export function typed(instant) {
  const at = new Date(instant);
  const moved = zone === "UTC" ? 0 : at.getTimezoneOffset() * 60000;
  return new Date(at - moved).toISOString().slice(0, 16);
}

// Commas between names; one that belongs to a name has a backslash before it.
export function list(text) {
  return text.split(/(?<!\\),/).map((one) => one.trim().replaceAll("\\,", ",")).filter(Boolean);
}

// And the other way round: a name as such a field holds it.
export function named(value) {
  return value.replaceAll(",", "\\,");
}

// A time zone without a rule says nothing.
export function recurrence({ rrule, time_zone: timeZone }) {
  const rule = rrule.value.trim();
  return rule ? { rrule: rule, time_zone: timeZone.value.trim() } : { rrule: null, time_zone: null };
}
