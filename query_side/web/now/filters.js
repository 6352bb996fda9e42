// The board's filters: names, what will be breached soon, and what is so of clocks.

import { LISTS, meant } from "../shared/address.js";
import { ask } from "../shared/api.js";
import { Lists } from "../shared/lists.js";
import { element, serverNow } from "../shared/words.js";
import { nextMidnight, zone } from "../shared/zone.js";
import { CLOCKS, DUE, PHASES, SORTS, USUAL } from "./address.js";
import { Clocks } from "./clocks.js";

const PHASE_NAMES = {
  open: "Open", waiting: "Waiting for us", active: "In work", paused: "Paused", closed: "Closed", all: "All tickets",
};
const DUE_NAMES = { "1h": "Due in 1 h", "4h": "Due in 4 h", today: "Due today" };
const SOON = 250; // ms in which somebody goes on typing
const TIME = new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit", timeZone: zone });

const form = document.querySelector("#filters");
const due = document.querySelector("#due");
const clear = document.querySelector("#clear");
const { q, phase, sort } = form.elements;

export class Filters {
  // `changed(view, replace)`: somebody wants to see something else.
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    this.facets = null;
    phase.append(...Object.keys(PHASES).map((name) => element("option", { value: name }, PHASE_NAMES[name])));
    sort.append(...Object.entries(SORTS).map(([name, words]) => element("option", { value: name }, words)));
    for (const name of Object.keys(DUE)) due.append(this.chip(name));
    due.append(this.span());
    const place = document.querySelector("#lists");
    const opened = () => this.refresh().catch(() => {}); // the board says what is wrong
    this.lists = new Lists(place, view, { changed: (changes) => this.set(changes), opened });
    this.clocks = new Clocks(place, view, { changed: (changes) => this.set(changes), opened });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      const { sort: kept } = view;
      this.set({ ...structuredClone(USUAL), ...Object.fromEntries(LISTS.map((name) => [name, []])), sort: kept });
    });
    q.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.set({ q: q.value.trim() }, true), SOON);
    });
    phase.addEventListener("change", () => this.set({ phase: phase.value }));
    sort.addEventListener("change", () => this.set({ sort: sort.value }));
    this.draw();
  }

  set(changes, replace = false) {
    Object.assign(this.view, changes, { page: 1 });
    this.draw();
    this.changed(replace);
  }

  show(view) {
    Object.assign(this.view, view);
    this.draw();
  }

  // As the API calls them.
  question() {
    const { view } = this;
    const question = { q: view.q, phase: PHASES[view.phase], sla_state: view.sla_state };
    for (const name of LISTS) question[name] = meant(view[name]);
    if (view.assigned_to.includes(null)) question.unassigned = true;
    if (view.due) question.due_within_seconds = ahead(view.due);
    for (const name of ["due_from", "due_before", ...CLOCKS]) question[name] = view[name];
    return question;
  }

  // Anything but the usual open tickets.
  narrowed() {
    const { view } = this;
    return [...LISTS, "sla_state", "q", "due", "due_from", "due_before", ...CLOCKS].some((name) => view[name].length > 0);
  }

  // In words, for whoever reads it on paper.
  told() {
    const { view } = this;
    const words = [PHASE_NAMES[view.phase]];
    if (view.due) words.push(DUE_NAMES[view.due].toLowerCase());
    if (view.due_from || view.due_before) words.push(spanned(view).toLowerCase());
    for (const name of ["sla_state", ...LISTS]) {
      if (view[name].length) words.push(view[name].map((value) => value ?? "nobody").join(" or "));
    }
    words.push(...this.clocks.told());
    if (view.q) words.push(`with “${view.q}”`);
    return words.join(", ");
  }

  async refresh() {
    const question = this.question();
    const asked = JSON.stringify(question);
    const facets = await ask("/dashboard/facets", { ...question, horizon: Object.keys(DUE).map(ahead) });
    if (asked !== JSON.stringify({ ...this.question(), due_within_seconds: question.due_within_seconds })) return;
    this.facets = facets;
    this.lists.show(facets);
    this.clocks.show(facets);
    this.draw();
  }

  draw() {
    const { view, facets } = this;
    if (document.activeElement !== q) q.value = view.q;
    clear.hidden = !this.narrowed() && view.phase === USUAL.phase;
    phase.value = view.phase;
    sort.value = view.sort;
    for (const option of phase.options) {
      const count = facets && sum(facets.phase, PHASES[option.value]);
      const words = PHASE_NAMES[option.value] + (facets ? ` (${count.toLocaleString()})` : "");
      if (option.text !== words) option.text = words;
    }
    for (const [place, chip] of [...due.querySelectorAll("button[value]")].entries()) {
      chip.setAttribute("aria-pressed", chip.value === view.due);
      chip.querySelector("b").textContent = facets?.due_within[place]?.count.toLocaleString() ?? "–";
    }
    const hour = due.querySelector(".span");
    hour.hidden = !view.due_from && !view.due_before;
    hour.firstChild.data = `${spanned(view)} `;
    this.lists.draw();
    this.clocks.draw();
  }

  chip(name) {
    const chip = element("button", { type: "button", class: "chip", value: name }, `${DUE_NAMES[name]} `, element("b", {}, "–"));
    chip.addEventListener("click", () => {
      this.set({ due: this.view.due === name ? "" : name, due_from: "", due_before: "" });
    });
    return chip;
  }

  // An hour that was picked from a picture; pressed, it is any time again.
  span() {
    const chip = element("button", { type: "button", class: "chip span", "aria-pressed": "true", hidden: "" }, " ", element("b", { "aria-hidden": "true" }, "✕"));
    chip.addEventListener("click", () => this.set({ due_from: "", due_before: "" }));
    return chip;
  }
}

function spanned({ due_from: from, due_before: before }) {
  const told = (instant) => TIME.format(new Date(instant));
  if (from && before) return `Due ${told(from)} – ${told(before)}`;
  return from ? `Due from ${told(from)}` : before ? `Due before ${told(before)}` : "";
}

// Seconds from now; today ends at midnight in the zone of the times that are shown.
function ahead(name) {
  if (DUE[name] !== null) return DUE[name];
  return Math.max(1, Math.ceil((nextMidnight(serverNow()) - serverNow()) / 1000));
}

function sum(names, wanted) {
  return names.reduce((total, { value, count }) => total + (!wanted.length || wanted.includes(value) ? count : 0), 0);
}
