// Excusing some time in two steps: what it would change, and only then the grant.

import { tell } from "../shared/api.js";
import { device } from "../shared/keep.js";
import { refuse } from "../shared/refused.js";
import { LACKING, NAMES } from "./excuse_words.js";
import { instant, list, recurrence, suggest } from "../shared/typed.js";
import { beginning, counted, element } from "../shared/words.js";
import { zone } from "../shared/zone.js";

const SHOWN = 20; // cycles that a preview names

const form = document.querySelector("#excuse");
const found = document.querySelector("#excuse-found");
const refused = document.querySelector("#excuse-refused");
const { everything, by, time_zone: timeZone } = form.elements;

export class ExcuseForm {
  // `granted(position)`: it is in the log.
  constructor(granted) {
    this.granted = granted;
    this.asked = 0;
    by.value = device.get("sla.name") ?? "";
    timeZone.defaultValue = zone;
    document.querySelector("#excuse-unless").append(...Object.entries(NAMES).map(([name, words]) =>
      element("label", {}, element("span", {}, `Not ${words}`),
        element("input", { name: `unless_${name}`, maxlength: "1000", autocomplete: "off", list: `known-${name}` }))));
    document.querySelector("#known-time_zone")
      .append(...Intl.supportedValuesOf("timeZone").map((value) => element("option", { value })));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.preview();
    });
    // What was previewed is what is granted: another window is another question.
    form.addEventListener("input", () => this.forget());
    form.addEventListener("reset", () => this.forget());
    everything.addEventListener("change", () => this.narrow());
  }

  open() {
    this.forget();
    suggest();
  }

  narrow() {
    for (const name of Object.keys(NAMES)) {
      form.elements[name].disabled = form.elements[`unless_${name}`].disabled = everything.checked;
    }
  }

  forget() {
    this.asked += 1;
    found.hidden = true;
    found.replaceChildren();
    refused.hidden = true;
  }

  async preview() {
    this.forget();
    const number = this.asked;
    const said = offer();
    device.set("sla.name", said.by);
    found.replaceChildren(element("p", { class: "muted" }, "Counting…"));
    found.hidden = false;
    try {
      const preview = await tell("/excuses/preview", said);
      if (number !== this.asked) return;
      const grant = element("button", { type: "button", class: "main" }, "Grant it");
      grant.addEventListener("click", () => this.grant(said, grant));
      found.replaceChildren(...told(preview), element("p", { class: "buttons" }, grant));
      found.scrollIntoView({ block: "nearest" });
      grant.focus();
    } catch (error) {
      if (number === this.asked) this.fail(error);
    }
  }

  async grant(said, button) {
    button.disabled = true;
    try {
      const { position } = await tell("/excuses", said);
      form.reset();
      by.value = said.by;
      this.narrow();
      await this.granted(position);
    } catch (error) {
      button.disabled = false;
      this.fail(error);
    }
  }

  fail(error) {
    found.hidden = true;
    refuse(refused, error, LACKING);
  }
}

// As the API calls it.
function offer() {
  const { from, until, clocks, reason } = form.elements;
  return {
    from: instant(from.value),
    until: until.value ? instant(until.value) : null,
    match: conditions(""),
    unless: conditions("unless_"),
    everything: everything.checked,
    clocks: list(clocks.value).length ? list(clocks.value) : null,
    reason: reason.value.trim(),
    by: by.value.trim(),
    ...recurrence(form.elements),
  };
}

function conditions(prefix) {
  const found = {};
  for (const name of everything.checked ? [] : Object.keys(NAMES)) {
    const values = list(form.elements[prefix + name].value);
    if (values.length) found[name] = values;
  }
  return found;
}

function told(preview) {
  const { tickets, cycles_changed: changed, cycles, alerts_withdrawn: withdrawn, attainment, warnings } = preview;
  const all = tickets === 0
    ? "It changes nothing for the tickets that are there now. It may be granted all the same, for those to come."
    : `It concerns ${counted(tickets, "ticket")}. ${counted(changed, "verdict")} would change, and`
      + ` ${counted(withdrawn, "alert")} would be withdrawn.`;
  return [
    element("h3", {}, "What it would change"),
    ...warnings.map((words) => element("p", { class: "refused" }, `${beginning(words)}.`)),
    element("p", {}, all),
    cycles.length ? turned(cycles, changed) : "",
    attainment.before.length + attainment.after.length ? attained(attainment) : "",
  ];
}

function turned(cycles, changed) {
  const rest = changed > SHOWN ? element("li", { class: "muted" }, `and ${(changed - SHOWN).toLocaleString()} more`) : "";
  return element("ul", { class: "turned" }, ...cycles.slice(0, SHOWN).map((one) =>
    element("li", {},
      element("strong", {}, one.external_id), ` ${one.clock.replaceAll("_", " ")}: `,
      element("span", { class: "muted" }, `${one.before} → `), one.after)), rest);
}

// The same groups on both sides, but for those that have a decided cycle on one side only.
function attained({ before, after }) {
  const groups = new Map();
  for (const [side, all] of [before, after].entries()) {
    for (const one of all) {
      const key = JSON.stringify([one.tier, one.priority, one.clock]);
      const sides = groups.get(key) ?? [null, null];
      sides[side] = one;
      groups.set(key, sides);
    }
  }
  return element("div", {}, element("p", { class: "muted" }, "Kept, of the tickets concerned:"),
    element("ul", { class: "turned" }, ...[...groups.entries()].sort().map(([key, sides]) => {
      const [tier, priority, clock] = JSON.parse(key);
      const [was, will] = sides.map(share);
      return element("li", {}, element("strong", {}, `${tier} ${priority}`), ` ${clock.replaceAll("_", " ")}: `,
        element("span", { class: "muted" }, `${was} → `), will);
    })));
}

function share(one) {
  return one === null ? "none decided" : `${one.attainment_percent} % (${one.met} of ${one.met + one.breached})`;
}
