// The filters by clocks: which ones, whether one was ever breached or runs now, and how little is left.

import { arrange } from "../shared/keyed.js";
import { closeLists, folded } from "../shared/lists.js";
import { capital, duration, element } from "../shared/words.js";

const LEFT = [0, 900, 3600, 14400, 28800, 86400, 259200]; // s
const BREACHED = { true: "ever breached", false: "never breached" };
const RUNNING = { true: "running now", false: "not running now" };

export class Clocks {
  // As those of Lists.
  constructor(place, view, { changed, opened }) {
    this.view = view;
    this.known = [];
    this.names = element("ul");
    this.breached = choice("Ever breached", "ever_breached", BREACHED);
    this.running = choice("Running now", "running", RUNNING);
    this.left = choice("Of its own time", "remaining_less_than_seconds", Object.fromEntries(LEFT.map((seconds) => [seconds, lessThan(seconds)])));
    this.chosen = element("span", { class: "chosen" });
    this.list = element("details", { class: "list", "data-clocks": "" },
      element("summary", {}, element("span", { class: "list-name" }, "Clocks"), this.chosen),
      element("div", { class: "choices", role: "group", "aria-label": "Clocks" }, this.names, this.breached, this.running, this.left));
    this.list.addEventListener("toggle", () => {
      if (!this.list.open) return;
      closeLists(place, this.list);
      opened();
    });
    this.list.addEventListener("change", ({ target }) => {
      if (target.type !== "checkbox") return changed({ [target.name]: target.value });
      const others = view.clock.filter((one) => folded(one) !== folded(target.value));
      return changed({ clock: target.checked ? [...others, target.value] : others });
    });
    place.append(this.list);
  }

  show({ clocks }) {
    this.known = clocks;
    this.draw();
  }

  draw() {
    const { view } = this;
    const names = [...this.known, ...view.clock.filter((one) => !this.known.some((known) => folded(known) === folded(one)))];
    const is = new Set(view.clock.map(folded));
    arrange(this.names, names.map((name) => element("li", { "data-key": folded(name) },
      element("label", {}, element("input", { type: "checkbox", value: name }), element("span", {}, capital(name))))));
    for (const input of this.names.querySelectorAll("input")) input.checked = is.has(folded(input.value));
    for (const label of [this.breached, this.running, this.left]) {
      const select = label.querySelector("select");
      const value = view[select.name];
      if (value && ![...select.options].some((option) => option.value === value)) {
        select.append(element("option", { value }, lessThan(Number(value))));
      }
      select.value = value;
    }
    const told = this.told();
    this.chosen.textContent = told.length > 1 ? `${told.length} chosen` : capital(told[0] ?? "");
    this.list.toggleAttribute("data-chosen", told.length > 0);
  }

  // In words.
  told() {
    const { clock, ever_breached: breached, running, remaining_less_than_seconds: left } = this.view;
    return [
      clock.map(capital).join(" or "), BREACHED[breached], RUNNING[running], left === "" ? "" : lessThan(Number(left)),
    ].filter(Boolean);
  }
}

function choice(words, name, choices) {
  return element("label", { class: "either" }, element("span", {}, words),
    element("select", { name }, element("option", { value: "" }, "any"),
      ...Object.entries(choices).sort(([a], [b]) => a - b || 0).map(([value, text]) => element("option", { value }, capital(text)))));
}

function lessThan(seconds) {
  if (seconds === 0) return "nothing left";
  return `less than ${duration(seconds).replace(/ 0 h$| 00 min$| 00 s$/, "")} left`;
}
