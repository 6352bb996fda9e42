// How this view words shares, changes and spans of time.

import { duration, element } from "../shared/words.js";
import { changed } from "./address.js";

// By their numbers, from 1 on.
export const DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

export function percent(share) {
  return share === null || share === undefined ? "–" : `${share.toLocaleString(undefined, { maximumFractionDigits: 2 })} %`;
}

// Of time that a calendar counts: a day of it has 24 hours nowhere.
export function counted(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  if (seconds < 86400) return duration(seconds);
  return `${Math.floor(seconds / 3600).toLocaleString()} h`;
}

export function span(seconds) {
  return seconds === null || seconds === undefined ? "–" : duration(seconds);
}

// How a number has changed: better, worse, or the same; `up`: more is better.
export function since(now, before, up, words) {
  if (now === null || before === null || now === undefined || before === undefined) return null;
  const difference = now - before;
  const better = difference === 0 ? "same" : (difference > 0) === up ? "better" : "worse";
  const sign = difference > 0 ? "+" : difference < 0 ? "−" : "±";
  return element("span", { class: "since", "data-since": better },
    `${better === "same" ? "no change" : `${sign}${words(Math.abs(difference))}, ${better}`}`);
}

export function points(difference) {
  return `${difference.toLocaleString(undefined, { maximumFractionDigits: 2 })} points`;
}

// A number that leads to its cycles; nothing leads nowhere. `href`: as a group of the report has it.
export function leading(count, href, outcome, told) {
  const number = count.toLocaleString();
  if (!count) return number;
  return element("a", { href: rowsOf(href, outcome), "data-rows": "", "aria-label": `${number} ${told}` }, number);
}

export function allOrFew(name, all, count) {
  return element("a", { href: here({ [name]: all ? null : "1" }), "data-here": "" }, all ? "Show the first only" : `Show all ${count}`);
}

// This view, with other values of some names.
export function here(changes) {
  const { pathname, search } = changed(changes);
  return `${pathname}${search}`;
}

// The address of this view with the rows of a group, or only those that came out so.
export function rowsOf(href, outcome) {
  const query = new URLSearchParams(href.split("?")[1] ?? "");
  if (outcome) query.set("outcome", outcome);
  return here({ rows: query.toString(), page: null });
}
