// Who needs help: how much each team, or each person, has; a press on a number shows those tickets.

import { ask } from "../shared/api.js";
import { device } from "../shared/keep.js";
import { arrange } from "../shared/keyed.js";
import { folded } from "../shared/lists.js";
import { element } from "../shared/words.js";

const KINDS = { team: "no team", assigned_to: "nobody" };
const STATES = ["breached", "critical", "warning"];
const FEW = 8; // names, until somebody wants all

const rows = document.querySelector("#who-rows");
const kinds = document.querySelector("#who-kinds");
const more = document.querySelector("#who-more");
const name = document.querySelector("#who-name");
const empty = document.querySelector("#who-empty");

export class Who {
  // `filters`: of the board, which a press sets.
  constructor(filters) {
    this.filters = filters;
    this.kind = Object.hasOwn(KINDS, device.get("sla.who") ?? "") ? device.get("sla.who") : "team";
    this.all = false;
    this.asked = 0;
    this.found = null;
    kinds.addEventListener("click", ({ target }) => {
      const chosen = target.closest("button")?.value;
      if (chosen === undefined) return;
      this.kind = chosen;
      this.all = false;
      device.set("sla.who", chosen);
      this.draw();
      this.refresh().catch(() => {}); // the board says what is wrong
    });
    more.addEventListener("click", () => {
      this.all = !this.all;
      this.draw();
    });
    rows.addEventListener("click", ({ target }) => {
      const pressed = target.closest("button");
      if (pressed) this.press(pressed.closest("tr"), pressed.dataset.only);
    });
    this.draw();
  }

  // The states that the board is narrowed to do not narrow this: it counts them.
  async refresh() {
    const number = ++this.asked;
    const found = await ask("/dashboard/groups", { ...this.filters.question(), sla_state: [], by: this.kind, limit: 200 });
    if (number !== this.asked) return; // a newer question is on its way
    this.found = found;
    this.draw();
  }

  press(row, state) {
    const value = row.dataset.nobody ? null : row.dataset.value;
    const chosen = this.chosen();
    const alone = chosen.length === 1 && folded(chosen[0]) === folded(value);
    const states = state ? [state] : [];
    const same = alone && JSON.stringify(this.filters.view.sla_state) === JSON.stringify(states);
    this.filters.set({ [this.kind]: same ? [] : [value], sla_state: same ? [] : states });
  }

  chosen() {
    return this.filters.view[this.kind];
  }

  draw() {
    for (const button of kinds.children) button.setAttribute("aria-pressed", button.value === this.kind);
    name.textContent = this.kind === "team" ? "Team" : "Assignee";
    const items = (this.found?.items ?? []).filter(({ value }) => value !== null || this.kind === "assigned_to");
    const is = new Set(this.chosen().map(folded));
    const shown = this.all ? items : items.filter(({ value }, place) => place < FEW || is.has(folded(value)));
    arrange(rows, shown.map((one) => this.row(one, is.has(folded(one.value)))));
    more.hidden = items.length <= FEW;
    more.textContent = this.all ? "The first few" : `All ${items.length.toLocaleString()}`;
    empty.hidden = this.found === null || items.length > 0;
    empty.textContent = this.kind === "team" ? "No ticket here has a team." : "Nobody has a ticket.";
  }

  row(one, chosen) {
    const words = one.value ?? KINDS[this.kind];
    const cell = (state) => element("td", { class: "number" }, one[state]
      ? element("button", { type: "button", class: "count-of", "data-state": state, "data-only": state, "aria-label": `${words}, ${state}: ${one[state]}` }, one[state].toLocaleString())
      : element("span", { class: "none" }, "–"));
    return element("tr", { "data-key": String(one.value), "data-value": one.value ?? "", "data-nobody": one.value === null ? "true" : null, "data-chosen": chosen ? "true" : null },
      element("th", { scope: "row" },
        element("button", { type: "button", class: "named-bar", "aria-pressed": String(chosen), title: words }, words)),
      ...STATES.map(cell),
      element("td", { class: "number" }, one.total.toLocaleString()));
  }
}
