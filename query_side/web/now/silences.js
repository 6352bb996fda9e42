// What is muted, now or later: all of it, what that has muted, and how it is made and ended.

import { take, tell } from "../shared/api.js";
import { conditions } from "./excuse_words.js";
import { device } from "../shared/keep.js";
import { arrange } from "../shared/keyed.js";
import { closable } from "../shared/panel.js";
import { refuse } from "../shared/refused.js";
import { standing } from "../shared/standing.js";
import { instant, list, named, recurrence, suggest, typed } from "../shared/typed.js";
import { capital, counted, element, exactly, serverNow } from "../shared/words.js";
import { zone } from "../shared/zone.js";

const SIZE = 50;
const HOUR = 3600000; // ms
const PILLS = { in_force: "warning", planned: "compliant" }; // whose colours they have
const STATES = { planned: "planned", in_force: "in force", ended: "over" };
const NAMES = {
  customer_tier: "tier", priority: "priority", team: "team", organization: "organization", rule: "rule",
  type_of_ticket: "type of ticket", source: "source", tags: "tag", severity: "severity", level: "level",
};
const LACKING = "Muting needs a token with the scope “write”; yours has it not.";

const dialog = document.querySelector("#silences");
const items = document.querySelector("#silences-items");
const empty = document.querySelector("#silences-empty");
const refused = document.querySelector("#silences-refused");
const add = document.querySelector("#silence-add");
const form = document.querySelector("#silence");
const wrong = document.querySelector("#silence-refused");
const { by, time_zone: timeZone } = form.elements;

export class Silences {
  // `open(id)`: a ticket is to be seen.
  constructor(open) {
    by.value = device.get("sla.name") ?? "";
    timeZone.defaultValue = zone;
    document.querySelector("#silence-match").append(...Object.entries(NAMES).map(([name, words]) =>
      element("label", {}, element("span", {}, capital(words)),
        element("input", {
          name, maxlength: "1000", autocomplete: "off", list: `known-${name}`,
          placeholder: name === "level" ? ">=3" : null,
        }))));
    document.querySelector("#silences-open").addEventListener("click", () => this.open());
    closable(dialog);
    add.addEventListener("toggle", () => {
      if (add.open) suggest();
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.make();
    });
    form.addEventListener("input", () => { wrong.hidden = true; });
    items.addEventListener("submit", (event) => {
      event.preventDefault();
      this.end(event.target);
    });
    items.addEventListener("click", (event) => {
      const ticket = event.target.closest("button[data-ticket]")?.dataset.ticket;
      if (ticket === undefined) return;
      dialog.close();
      open(ticket);
    });
  }

  open() {
    refused.hidden = true;
    dialog.showModal();
    this.refresh();
  }

  // Of alerts like those of a ticket, for an hour, unless somebody makes it another.
  like({ customer_tier: tier, priority, team }) {
    this.open();
    add.open = true;
    form.reset();
    by.value = device.get("sla.name") ?? "";
    for (const [name, value] of Object.entries({ customer_tier: tier, priority, team })) {
      form.elements[name].value = named(value ?? "");
    }
    form.elements.until.value = typed(serverNow() + HOUR);
    form.elements.reason.focus();
  }

  async make() {
    const said = asked();
    device.set("sla.name", said.by);
    try {
      const { position } = await tell("/silences", said);
      form.reset();
      by.value = said.by;
      add.open = false;
      add.querySelector("summary").focus();
      await this.refresh(position);
    } catch (error) {
      refuse(wrong, error, LACKING);
    }
  }

  async end(ended) {
    try {
      const { position } = await take(`/silences/${encodeURIComponent(ended.closest("li").dataset.key)}`, {});
      await this.refresh(position);
    } catch (error) {
      refuse(ended.querySelector(".refused"), error, LACKING);
    }
  }

  // `position`: of a command whose effect is to be seen.
  async refresh(position) {
    if (!dialog.open) return;
    try {
      const found = await standing("/silences", SIZE, position);
      refused.hidden = true;
      arrange(items, found.items.map(item));
      empty.hidden = found.items.length > 0;
      document.querySelector("#silences-count").textContent =
        found.total > found.items.length ? `${found.items.length} of ${found.total.toLocaleString()}, those in force first` : "";
    } catch (error) {
      refuse(refused, error, "Your token may not read what is muted.");
    }
  }
}

// As the API calls it.
function asked() {
  const { from, until, reason } = form.elements;
  const matchers = {};
  for (const name of Object.keys(NAMES)) {
    const values = list(form.elements[name].value);
    if (values.length) matchers[name] = values;
  }
  return {
    matchers,
    from: from.value ? instant(from.value) : null,
    until: instant(until.value),
    reason: reason.value.trim(),
    by: by.value.trim(),
    ...recurrence(form.elements),
  };
}

function item(one) {
  const recurs = one.rrule === null ? "" : `, ${one.windows.toLocaleString()} times (${one.rrule}, ${one.time_zone})`;
  return element("li", { "data-key": one.silence_id, "data-state": PILLS[one.state] ?? "none" },
    element("p", { class: "excuse-head" },
      element("span", { class: "pill", "data-state": PILLS[one.state] ?? "untracked" }, STATES[one.state]),
      element("strong", {}, one.reason)),
    element("p", {}, conditions(one.matchers, NAMES).join(" and ")),
    element("p", {}, exactly(one.from), " – ", exactly(one.ended_at ?? one.until), recurs),
    recurs && one.window_until ? element("p", {}, "This time until ", exactly(one.window_until)) : null,
    one.next_from ? element("p", {}, recurs ? "Next at " : "Begins at ", exactly(one.next_from)) : null,
    ...muted(one),
    element("p", { class: "muted" }, `Made by ${one.created_by ?? "somebody"}, `, exactly(one.created_at),
      ...(one.ended_at === null ? [] : ["; ended before its time"])),
    one.state === "ended" ? null : ending(one));
}

function muted(one) {
  const reminders = one.muted_reminders ? counted(one.muted_reminders, "reminder") : "";
  if (one.muted_alerts === 0 && reminders) return [element("p", {}, `It has muted ${reminders}`)];
  if (one.muted_alerts === 0) {
    return !begun(one) ? [] : [element("p", {}, one.state === "ended" ? "It has muted nothing" : "It has muted nothing so far")];
  }
  const more = one.muted_alerts - one.muted.length;
  return [element("details", {},
    element("summary", {}, `It has muted ${counted(one.muted_alerts, "alert")} of ${counted(one.muted_tickets, "ticket")}`
      + (reminders && ` and ${reminders}`)),
    element("ul", { class: "turned" },
      ...one.muted.map((alert) => element("li", {},
        element("button", { type: "button", class: "quiet named", "data-ticket": alert.ticket_id }, alert.external_id),
        ` ${what(alert)} `, element("span", { class: "muted" }, exactly(alert.raised_at)))),
      ...(more > 0 ? [element("li", { class: "muted" }, `and ${more.toLocaleString()} before`)] : [])))];
}

function what(alert) {
  if (alert.type === "escalation") return `level ${alert.escalation_level}`;
  return `${alert.clock.replaceAll("_", " ")} ${alert.severity}`;
}

function begun(one) {
  return one.state !== "planned" || one.next_from !== one.from;
}

function ending(one) {
  const has = begun(one);
  return element("details", {},
    element("summary", {}, has ? "End it" : "Call it off"),
    element("form", { class: "excuse-end" },
      element("p", { class: "muted" }, has
        ? "What it has muted and is still so is told at once, in one message to each channel."
        : "It never begins then."),
      element("p", { class: "buttons" }, element("button", { class: "quiet" }, has ? "End it now" : "Call it off now")),
      element("p", { class: "refused", role: "alert", hidden: "" })));
}
