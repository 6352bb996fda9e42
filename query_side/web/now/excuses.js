// What is agreed not to count: all of it, and how it is granted, ended and withdrawn.

import { take, tell } from "../shared/api.js";
import { ExcuseForm } from "./excuse_form.js";
import { LACKING, STATES, whom } from "./excuse_words.js";
import { device } from "../shared/keep.js";
import { arrange } from "../shared/keyed.js";
import { closable } from "../shared/panel.js";
import { refuse } from "../shared/refused.js";
import { standing } from "../shared/standing.js";
import { counted, element, exactly } from "../shared/words.js";

const SIZE = 50;
const SOON = 1000; // ms in which one that is being applied has come further
const PILLS = { in_force: "warning", planned: "compliant" }; // whose colours they have

const dialog = document.querySelector("#excuses");
const items = document.querySelector("#excuses-items");
const empty = document.querySelector("#excuses-empty");
const refused = document.querySelector("#excuses-refused");
const add = document.querySelector("#excuse-add");

export class Excuses {
  // `changed(position)`: tickets are about to be others.
  constructor(changed) {
    this.changed = changed;
    this.soon = null;
    this.applying = false;
    this.form = new ExcuseForm(async (position) => {
      add.open = false;
      add.querySelector("summary").focus();
      await this.refresh(position);
      this.changed(position);
    });
    document.querySelector("#excuses-open").addEventListener("click", () => this.open());
    closable(dialog);
    add.addEventListener("toggle", () => {
      if (add.open) this.form.open();
    });
    items.addEventListener("submit", (event) => {
      event.preventDefault();
      const form = event.target;
      if (event.submitter.value === "end") this.command(form, (path, by) => tell(`${path}/end`, { by }));
      else this.command(form, (path, by, reason) => take(path, { by, reason }));
    });
  }

  open() {
    refused.hidden = true;
    dialog.showModal();
    this.refresh();
  }

  async command(form, send) {
    const by = form.elements.by.value.trim();
    device.set("sla.name", by);
    const place = form.querySelector(".refused");
    try {
      const path = `/excuses/${encodeURIComponent(form.closest("li").dataset.key)}`;
      const { position } = await send(path, by, form.elements.reason.value.trim());
      place.hidden = true;
      form.closest("details").open = false;
      await this.refresh(position);
      this.changed(position);
    } catch (error) {
      refuse(place, error, LACKING);
    }
  }

  // `position`: of a command whose effect is to be seen.
  async refresh(position) {
    if (!dialog.open) return;
    clearTimeout(this.soon);
    try {
      const found = await standing("/excuses", SIZE, position);
      refused.hidden = true;
      arrange(items, found.items.map(item));
      const applying = found.items.some(({ applied }) => applied.total === null);
      if (applying) this.soon = setTimeout(() => this.refresh(), SOON);
      else if (this.applying) this.changed();
      this.applying = applying;
      empty.hidden = found.items.length > 0;
      document.querySelector("#excuses-count").textContent =
        found.total > found.items.length ? `${found.items.length} of ${found.total.toLocaleString()}, those in force first` : "";
    } catch (error) {
      refuse(refused, error, "Your token may not read what is excused.");
    }
  }
}

function item(one) {
  const { done, total } = one.applied;
  const tickets = counted(done, "ticket") + (total === null ? " so far" : "");
  return element("li", { "data-key": one.excuse_id, "data-state": PILLS[one.state] ?? "none" },
    element("p", { class: "excuse-head" },
      element("span", { class: "pill", "data-state": PILLS[one.state] ?? "untracked" }, STATES[one.state]),
      element("strong", {}, one.reason)),
    element("p", {}, exactly(one.from), " – ",
      ...(one.until === null && one.ended_at === null ? ["going on"] : [exactly(earlier(one.until, one.ended_at))]),
      one.windows > 1 ? `, ${one.windows.toLocaleString()} times` : "",
      one.rrule === null ? "" : ` (${one.rrule}, ${one.time_zone})`),
    element("p", { class: "muted" }, `${whom(one)} · ${tickets}`),
    element("p", { class: "muted" }, `Granted by ${one.granted_by ?? "somebody"}, `, exactly(one.granted_at)),
    one.ended_at === null ? null
      : element("p", { class: "muted" }, `Ended by ${one.ended_by ?? "somebody"}, `, exactly(one.ended_at)),
    one.withdrawn_at === null ? null
      : element("p", { class: "muted" }, `Withdrawn by ${one.withdrawn_by ?? "somebody"}, `, exactly(one.withdrawn_at),
        `: ${one.withdrawn_reason}`),
    one.state === "withdrawn" ? null : commands(one));
}

function earlier(until, ended) {
  if (until === null || ended === null) return until ?? ended;
  return Date.parse(until) < Date.parse(ended) ? until : ended;
}

function commands(one) {
  const mayEnd = one.state === "in_force" && one.ended_at === null;
  const name = device.get("sla.name") ?? "";
  return element("details", {},
    element("summary", {}, mayEnd ? "End or withdraw it" : "Withdraw it"),
    element("form", { class: "excuse-end" },
      element("label", {}, element("span", {}, "Your name"),
        element("input", { name: "by", maxlength: "255", required: "", autocomplete: "name", value: name })),
      element("label", { class: "grow" }, element("span", {}, "Why it is withdrawn"),
        element("input", { name: "reason", maxlength: "255", required: "", autocomplete: "off" })),
      element("p", { class: "buttons" },
        mayEnd ? element("button", { class: "quiet", value: "end", formnovalidate: "" }, "End it now") : null,
        element("button", { class: "quiet", value: "withdraw" }, "Withdraw it whole")),
      element("p", { class: "muted" }, mayEnd
        ? "Ended, time counts again from now on; withdrawn, all is as if it had never been excused."
        : "All is then as if it had never been excused."),
      element("p", { class: "refused", role: "alert", hidden: "" })));
}
