// One ticket: its clocks, how its status changed, and why its deadlines moved.

import { ask, isWelcome, tell } from "./api.js";
import { closeTicket, openTicket, readTicket } from "./address.js";
import { device } from "./keep.js";
import { arrange } from "./keyed.js";
import { closable } from "./panel.js";
import { refuse } from "./refused.js";
import { sentence, timeline } from "./timeline.js";
import { ago, beginning, called, capital, countdown, duration, element, exactly, levelNamed, moment, pill, serverNow } from "./words.js";

const dialog = document.querySelector("#drawer");
const body = document.querySelector("#drawer-body");
const title = document.querySelector("#drawer-title");
const eyebrow = document.querySelector("#drawer-eyebrow");
const close = document.querySelector("#drawer-close");
const form = document.querySelector("#acknowledge");
const refused = document.querySelector("#acknowledge-refused");
const acknowledge = document.querySelector("#acknowledge-it");
const snooze = document.querySelector("#snooze-it");
const { by, note } = form.elements;
const mute = document.querySelector("#mute-like");
const LATEST = 40;
const SNOOZES = { 60: "1 min", 1800: "30 min", 3600: "1 h", 14400: "4 h", 28800: "8 h", 86400: "1 day" };

export class Drawer {
  constructor() {
    this.shown = null;
    this.ticket = null; // as it was answered last
    closable(dialog);
    form.elements.snooze.append(...Object.entries(SNOOZES).map(([value, words]) => element("option", { value }, `for ${words}`)));
    form.elements.snooze.value = "3600";
    dialog.addEventListener("close", () => {
      this.shown = null;
      closeTicket();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.command(event.submitter?.value ?? "acknowledge");
    });
    by.value = device.get("sla.name") ?? "";
    window.addEventListener("hashchange", () => this.follow());
    window.addEventListener("popstate", () => this.follow());
    this.follow();
  }

  follow() {
    const given = readTicket();
    if (given === this.shown) return;
    if (given !== null) return this.show(given);
    this.shown = null;
    dialog.close();
  }

  open(id) {
    openTicket(id);
    this.show(id);
  }

  show(id) {
    this.shown = id;
    title.textContent = "…";
    eyebrow.textContent = "";
    body.replaceChildren();
    form.hidden = true;
    refused.hidden = true;
    note.value = "";
    if (isWelcome() && !dialog.open) dialog.showModal(); // else once there is something to show
    this.drawn = this.refresh();
  }

  // What this view can do with a ticket besides: `listener(ticket)` makes a silence of it.
  offerMuting(listener) {
    mute.hidden = false;
    mute.addEventListener("click", () => {
      const { ticket } = this;
      dialog.addEventListener("close", () => listener(ticket), { once: true });
      dialog.close();
    });
  }

  // Opened to do that: "acknowledge" or "snooze".
  async act(id, what) {
    this.open(id);
    await this.drawn;
    const button = what === "snooze" ? snooze : acknowledge;
    if (form.hidden || button.hidden) return;
    (by.value ? button : by).focus();
  }

  async command(what) {
    const id = this.shown;
    const length = form.elements.snooze;
    device.set("sla.name", by.value.trim());
    const said = { by: by.value.trim() };
    if (what === "snooze") {
      said.until = new Date(serverNow() + Number(length.value) * 1000).toISOString();
      said.reason = note.value.trim() || null;
    } else {
      said.note = note.value.trim() || null;
    }
    try {
      const { position } = await tell(`/tickets/${encodeURIComponent(id)}/${what}`, said);
      refused.hidden = true;
      if (this.shown === id) await this.refresh(position);
      if (form.hidden || acknowledge.hidden) close.focus();
      this.told?.(position);
    } catch (error) {
      refuse(refused, error, `Your token may read, but not ${what}.`);
    }
  }

  // `position`: of a command whose effect is to be seen.
  async refresh(position) {
    const id = this.shown;
    if (!id) return;
    const path = `/tickets/${encodeURIComponent(id)}`;
    const question = { wait_for: position };
    const parts = ["", "/sla", "/history"].map((part) => ask(path + part, question));
    const [ticket, sla, history, told] = await Promise.allSettled([...parts, timeline(path, question)]);
    if (this.shown !== id) return;
    if (!dialog.open) dialog.showModal();
    if (ticket.status === "rejected") {
      title.textContent = ticket.reason.status === 404 ? "No such ticket" : "Not to be shown";
      form.hidden = true;
      arrange(body, [element("p", {}, beginning(ticket.reason.message))]);
      return;
    }
    const { value } = ticket;
    arrange(title, [value.title || value.external_id].map(text));
    arrange(eyebrow, [`${value.external_id} · ${value.source}`].map(text));
    this.ticket = value;
    form.hidden = ["done", "cancelled"].includes(value.phase);
    acknowledge.hidden = ahead(value.acknowledged_until);
    snooze.textContent = ahead(value.snoozed_until) ? "Snooze anew" : "Snooze";
    arrange(body, [
      facts(value),
      section("Clocks", sla, clocks),
      promise(sla),
      section("Escalation", sla, escalation),
      section("Status", history, changes),
      why(told),
      element("p", {}, element("a", { href: audited(value) }, "See it along time, at any instant and as it was known then")),
    ]);
  }
}

// Where the audit of a ticket is.
function audited({ external_id: ticket, source }) {
  return `/views/audit?${new URLSearchParams({ ticket, source })}`;
}

function text(words) {
  return document.createTextNode(words);
}

function ahead(instant) {
  return instant !== null && Date.parse(instant) > serverNow();
}

function section(name, answer, draw) {
  const content = answer.status === "fulfilled"
    ? draw(answer.value)
    : element("p", { class: "muted" }, answer.reason.message);
  return element("section", {}, element("h3", {}, name), content);
}

function facts(ticket) {
  const entries = {
    State: pill(ticket.sla_state),
    Priority: ticket.priority,
    Tier: ticket.customer_tier,
    Status: capital(ticket.status),
    Assignee: ticket.assigned_to ?? "nobody",
    Created: exactly(ticket.created_at),
    Updated: exactly(ticket.updated_at),
    Policy: `version ${ticket.policy_version}`,
  };
  if (ticket.rule) entries.Rule = ticket.on_purpose ? `${ticket.rule} (untracked on purpose)` : ticket.rule;
  for (const name of ["team", "type", "organization"]) {
    if (ticket[name]) entries[capital(name)] = ticket[name];
  }
  if (ticket.acknowledged_by) {
    entries.Acknowledged = `${called(ticket.acknowledged_by)}, until ${moment(ticket.acknowledged_until)}`;
  }
  if (ticket.snoozed_until) entries.Snoozed = `until ${moment(ticket.snoozed_until)}`;
  if (ticket.tags.length) entries.Tags = ticket.tags.join(", ");
  const table = element("dl", { class: "facts" });
  for (const [name, value] of Object.entries(entries)) {
    table.append(element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  }
  return element("section", {}, table,
    ticket.description ? element("p", { class: "description" }, ticket.description) : null);
}

function clocks(sla) {
  if (!sla.clocks.length) return element("p", { class: "muted" }, "No clock has a target here.");
  return element("ul", { class: "clocks" }, ...sla.clocks.map(clock));
}

function clock(one) {
  const share = one.target_seconds ? Math.min(100, (100 * one.elapsed_seconds) / one.target_seconds) : 0;
  const bar = element("progress", {
    max: "100",
    value: String(Math.round(share)),
    "aria-label": `${Math.round(share)} percent of the time is used`,
  });
  const left = one.remaining_seconds === null ? "" : one.remaining_seconds >= 0
    ? `${duration(one.remaining_seconds)} left of ${duration(one.target_seconds)}`
    : `${duration(one.remaining_seconds)} over ${duration(one.target_seconds)}`;
  const excused = one.excused_seconds > 0 ? [` · ${duration(one.excused_seconds)} excused`] : [];
  const still = one.standing_still_because
    ? element("span", { class: "muted" }, `standing still: ${one.standing_still_because.replaceAll("_", " ")}`) : null;
  const over = one.due_at && Date.parse(one.due_at) < serverNow();
  const when = one.due_at
    ? [over ? "was due " : `due ${countdown(one.due_at)}, `, exactly(one.due_at)]
    : one.stopped_at ? ["stopped ", exactly(one.stopped_at)]
    : one.resumes_at ? ["runs again by itself ", exactly(one.resumes_at)] : [one.state];
  const own = one.own_date ? [" · by the ticket's own date"]
    : one.own_date_ignored
    ? [" · its own date ", exactly(one.own_date_ignored), " does not count: it is not after the start"] : [];
  return element("li", { "data-state": one.severity },
    element("div", { class: "clock-head" },
      element("strong", {}, capital(one.name) + (one.cycle > 1 ? ` (cycle ${one.cycle})` : "")),
      pill(one.state === "running" || one.state === "paused" ? one.severity : one.state),
      one.state === "paused" ? element("span", { class: "muted" }, "paused") : null,
      still),
    bar,
    element("p", { class: "muted" }, left ? `${left} · ` : "", ...when, ` · ${one.calendar}`, ...excused, ...own));
}

// Which rule decides, and of each one before it why not.
function promise(sla) {
  if (sla.status !== "fulfilled") return section("Why this promise?", sla, () => null);
  const tried = sla.value.why.map(({ rule, matched, because }) =>
    element("li", { "data-matched": matched },
      element("strong", {}, rule), `: ${because}`));
  return element("section", {},
    element("details", { class: "promise" }, element("summary", {}, "Why this promise?"),
      element("p", {}, sla.value.promise),
      tried.length > 1
        ? element("p", { class: "muted" }, "Tried in this order; the first that matches decides.") : null,
      element("ol", {}, ...tried)));
}

function escalation({ escalation: { level, name, next_level: next, next_at: at } }) {
  const ahead = next === null ? [] : [` · level ${next} ${countdown(at)}, `, exactly(at)];
  const words = levelNamed(level, name) ? `Level ${level}: ${name}` : `Level ${level}`;
  return element("p", {}, level ? words : "None at present",
    element("span", { class: "muted" }, ...ahead));
}

function changes(history) {
  return element("ol", { class: "steps" }, ...history.items.map((change) =>
    element("li", {},
      element("strong", {}, capital(change.to)),
      element("span", { class: "muted" }, " ", exactly(change.at),
        `${change.by ? ` by ${change.by}` : ""}${change.late ? ", learned late" : ""}`))));
}

function worst(entries) {
  const kinds = new Set(entries.map((entry) => entry.kind));
  if (kinds.has("clock_stopped_late")) return "breached";
  if (kinds.has("alert") || kinds.has("escalation")) return "warning";
  return kinds.has("clock_met") ? "met" : "none";
}

// What happened at one minute stands together, in its order; the latest minute is on top.
function why(told) {
  if (told.status !== "fulfilled") {
    return section("What happened, and why", told, () => null);
  }
  const { entries } = told.value;
  const minutes = new Map();
  for (const entry of entries.slice(-LATEST)) {
    const minute = moment(entry.occurred_at);
    minutes.set(minute, [...(minutes.get(minute) ?? []), entry]);
  }
  const list = element("ol", { class: "steps" }, ...[...minutes.values()].reverse().map((together) => {
    const [{ occurred_at: at }] = together;
    return element("li", { "data-state": worst(together) },
      element("p", { class: "muted" }, exactly(at), ` · ${ago(at)}`),
      ...together.map((entry) => element("p", { "data-kind": entry.kind }, ...sentence(entry.explanation))));
  }));
  const rest = entries.length > LATEST ? ` (the latest ${LATEST} of ${entries.length})` : "";
  return element("section", {},
    element("details", {}, element("summary", {}, `What happened, and why${rest}`), list));
}
