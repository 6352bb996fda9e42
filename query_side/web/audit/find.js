// Finding a ticket: what the board finds by these words, each a link to its own address.

import { ask } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { counted, element, exactly, learnClock, pill } from "../shared/words.js";
import { addressOf } from "./address.js";

const SHOWN = 8;
const SOON = 250; // ms in which somebody goes on typing

const form = document.querySelector("#find");
const list = document.querySelector("#found");
const count = document.querySelector("#found-count");
const { q } = form.elements;

export class Find {
  // `report(error)`: what to do with one.
  constructor(report) {
    this.report = report;
    this.typing = null;
    this.chosen = false;
    q.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.look(), SOON);
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const first = list.querySelector("a");
      if (first) first.click();
      else if (q.value.trim()) location.assign(addressOf(q.value.trim(), null));
    });
  }

  // With a ticket in sight nothing else is offered until somebody types.
  async refresh(chosen) {
    this.chosen = chosen;
    if (chosen && !q.value.trim()) return this.show([], "");
    if (!q.value.trim()) await this.look();
  }

  async look() {
    const words = q.value.trim();
    if (this.chosen && !words) return this.show([], "");
    const wanted = words ? { q: words, sort: "external_id" } : { sla_state: "breached", sort: "-updated_at" };
    try {
      const { at, items, total } = await ask("/dashboard", { ...wanted, size: SHOWN });
      if (words !== q.value.trim()) return;
      learnClock(at);
      const offered = total ? "lately updated of those that are breached" : "no ticket is breached; type to find any other";
      const told = words ? `${counted(total, "ticket")} found` : offered;
      this.show(items, total > SHOWN && words ? `${told}, ${SHOWN} shown` : told);
    } catch (error) {
      this.report(error);
    }
  }

  show(items, told) {
    count.textContent = told;
    arrange(list, items.map((one) => element("li", { "data-key": one.ticket_id },
      element("a", { href: addressOf(one.external_id, one.source) },
        element("strong", {}, one.external_id), pill(one.sla_state),
        element("span", { class: "grow muted" }, one.title ?? ""),
        element("span", { class: "muted" }, `${one.priority}, ${one.customer_tier} · updated `, exactly(one.updated_at))))));
  }
}
