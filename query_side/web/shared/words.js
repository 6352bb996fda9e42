// Numbers and instants in words, by the server's clock; elements without markup from strings.

import { zone } from "./zone.js";

export const STATES = ["breached", "critical", "warning", "compliant", "untracked"];

let ahead = 0;

// The server's clock may be a virtual one, and run faster than this machine's: whatever the server
// says tells what time it is there.
export function learnClock(instant) {
  ahead = Date.parse(instant) - Date.now();
}

// Something happened there then, so that it cannot be earlier.
export function isAtLeast(instant) {
  ahead = Math.max(ahead, Date.parse(instant) - Date.now());
}

export function serverNow() {
  return Date.now() + ahead;
}

export function duration(seconds) {
  const total = Math.floor(Math.abs(seconds));
  const days = Math.floor(total / 86400);
  const hours = Math.floor((total % 86400) / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  if (days >= 100) return `${days.toLocaleString()} d`;
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  if (minutes >= 10) return `${minutes} min`;
  if (minutes) return `${minutes} min ${String(total % 60).padStart(2, "0")} s`;
  return `${total} s`;
}

export function countdown(dueAt) {
  const left = (Date.parse(dueAt) - serverNow()) / 1000;
  return left >= 0 ? `in ${duration(left)}` : `${duration(left)} over`;
}

export function ago(instant) {
  const past = (serverNow() - Date.parse(instant)) / 1000;
  if (past < 0) return `in ${duration(past)}`;
  if (past < 2) return "now";
  return `${past < 60 || past >= 3600 ? duration(past) : `${Math.floor(past / 60)} min`} ago`;
}

export function counted(number, word, many = `${word}s`) {
  return `${number.toLocaleString()} ${number === 1 ? word : many}`;
}

const SHORT = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short", timeZone: zone });

// To the minute, in the zone that the bar names.
export function moment(instant) {
  return instant ? SHORT.format(new Date(instant)) : "–";
}

// A sentence, which may name a ticket or something else as somebody has written it.
export function beginning(text) {
  return text ? text[0].toUpperCase() + text.slice(1) : "";
}

// A word of the API, of a status or of a clock.
export function capital(word) {
  return beginning(word).replaceAll("_", " ");
}

// As messages say it: engine/notify/people.py.
const ELSEWHERE = {
  link: (name) => `${name} (through a link)`,
  slack: (member) => `Slack member ${member}`,
  pagerduty: (user) => `PagerDuty user ${user}`,
};

// Whoever has done something; who is nobody of the configuration is recorded with where that was.
export function called(by) {
  const [, where, name] = /^(link|slack|pagerduty):(.+)$/s.exec(by) ?? [];
  return where ? ELSEWHERE[where](name) : by;
}

// Whether it has a name of its own: one that the configuration does not name is called by its number.
export function levelNamed(level, name) {
  return Boolean(name) && name !== String(level);
}

// element("p", {class: "x"}, "text", child, …): strings become text, never markup.
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

// The same of a drawing: picture("svg", {viewBox: "0 0 10 10"}, picture("rect", …)).
export function picture(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

// The same as an element that carries the exact instant, in UTC.
export function exactly(instant) {
  return element("time", { datetime: instant, title: instant }, moment(instant));
}

export function pill(state) {
  return element("span", { class: "pill", "data-state": state }, capital(state));
}
