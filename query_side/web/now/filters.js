// The filters: lists of the names that tickets have, with counts, and what will be breached soon.

import { LISTS } from "../shared/address.js";
import { ask } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { capital, element, serverNow } from "../shared/words.js";
import { nextMidnight } from "../shared/zone.js";
import { DUE, PHASES, SORTS, USUAL } from "./address.js";

const LONG = 12; // names; beyond them a list can be searched
const NAMES = {
  priority: "Priority", customer_tier: "Tier", status: "Status", assigned_to: "Assignee",
  team: "Team", type: "Type", rule: "Rule", organization: "Organization",
};
const IF_ANY = ["team", "type", "rule", "organization"]; // not every source says them
const PHASE_NAMES = {
  open: "Open", waiting: "Waiting for us", active: "In work", paused: "Paused", closed: "Closed", all: "All tickets",
};
const DUE_NAMES = { "1h": "Due in 1 h", "4h": "Due in 4 h", today: "Due today" };
const SOON = 250; // ms in which somebody goes on typing

const form = document.querySelector("#filters");
const lists = document.querySelector("#lists");
const due = document.querySelector("#due");
const clear = document.querySelector("#clear");
const { q, phase, sort } = form.elements;
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export class Filters {
  // `changed(view, replace)`: somebody wants to see something else.
  constructor(view, changed) {
    this.view = view;
    this.changed = changed;
    this.facets = null;
    phase.append(...Object.keys(PHASES).map((name) => element("option", { value: name }, PHASE_NAMES[name])));
    sort.append(...Object.entries(SORTS).map(([name, words]) => element("option", { value: name }, words)));
    for (const name of Object.keys(DUE)) due.append(this.chip(name));
    for (const name of LISTS) lists.append(this.list(name));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      const empty = Object.fromEntries(LISTS.map((name) => [name, []]));
      this.set({ q: "", phase: "open", due: "", sla_state: [], ...empty });
    });
    q.addEventListener("input", () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.set({ q: q.value.trim() }, true), SOON);
    });
    phase.addEventListener("change", () => this.set({ phase: phase.value }));
    sort.addEventListener("change", () => this.set({ sort: sort.value }));
    document.addEventListener("click", ({ target }) => closeLists(target.closest("details.list")));
    lists.addEventListener("keydown", (event) => {
      const open = event.key === "Escape" && event.target.closest("details[open]");
      if (!open) return;
      open.open = false;
      open.querySelector("summary").focus();
    });
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
    for (const name of LISTS) question[name] = view[name].filter((value) => value !== null);
    if (view.assigned_to.includes(null)) question.unassigned = true;
    if (view.due) question.due_within_seconds = ahead(view.due);
    return question;
  }

  // Anything but the usual open tickets.
  narrowed() {
    const { view } = this;
    return view.q !== "" || view.due !== "" || view.sla_state.length > 0 || LISTS.some((name) => view[name].length);
  }

  // In words, for whoever reads it on paper.
  told() {
    const { view } = this;
    const words = [PHASE_NAMES[view.phase]];
    if (view.due) words.push(DUE_NAMES[view.due].toLowerCase());
    for (const name of ["sla_state", ...LISTS]) {
      if (view[name].length) words.push(view[name].map((value) => value ?? "nobody").join(" or "));
    }
    if (view.q) words.push(`with “${view.q}”`);
    return words.join(", ");
  }

  async refresh() {
    const question = this.question();
    const asked = JSON.stringify(question);
    const facets = await ask("/dashboard/facets", { ...question, horizon: Object.keys(DUE).map(ahead) });
    if (asked !== JSON.stringify({ ...this.question(), due_within_seconds: question.due_within_seconds })) return;
    this.facets = facets;
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
    for (const [place, chip] of [...due.querySelectorAll("button")].entries()) {
      chip.setAttribute("aria-pressed", chip.value === view.due);
      chip.querySelector("b").textContent = facets?.due_within[place]?.count.toLocaleString() ?? "–";
    }
    for (const list of lists.children) this.drawList(list);
  }

  chip(name) {
    const chip = element("button", { type: "button", class: "chip", value: name }, `${DUE_NAMES[name]} `, element("b", {}, "–"));
    chip.addEventListener("click", () => this.set({ due: this.view.due === name ? "" : name }));
    return chip;
  }

  list(name) {
    const search = element("input", {
      type: "search", placeholder: "Find a name", "aria-label": `Find in ${NAMES[name]}`, hidden: "", autocomplete: "off",
    });
    const list = element("details", { class: "list", "data-list": name },
      element("summary", {}, element("span", { class: "list-name" }, NAMES[name]), element("span", { class: "chosen" })),
      element("div", { class: "choices", role: "group", "aria-label": NAMES[name] }, search, element("ul")));
    search.addEventListener("input", () => this.drawList(list));
    list.addEventListener("toggle", () => {
      if (!list.open) return;
      closeLists(list);
      search.value = "";
      this.refresh().catch(() => {}); // the board says what is wrong
    });
    list.addEventListener("change", ({ target }) => {
      if (target.type === "checkbox") this.choose(name, target.dataset.nobody ? null : target.value, target.checked);
    });
    return list;
  }

  choose(name, value, chosen) {
    const others = this.view[name].filter((one) => folded(one) !== folded(value));
    this.set({ [name]: chosen ? [...others, value] : others });
  }

  drawList(list) {
    const name = list.dataset.list;
    const chosen = this.view[name];
    list.querySelector(".chosen").textContent = chosen.length === 0 ? "" : chosen.length === 1 ? chosen[0] ?? "nobody" : `${chosen.length} chosen`;
    list.toggleAttribute("data-chosen", chosen.length > 0);
    list.hidden = IF_ANY.includes(name) && chosen.length === 0 && !this.facets?.[name]?.length;
    const is = new Set(chosen.map(folded));
    const found = (this.facets?.[name] ?? []).map(({ value, count }) => ({ value, count }));
    for (const value of chosen) {
      if (!found.some((one) => folded(one.value) === folded(value))) found.push({ value, count: 0 });
    }
    found.sort((a, b) => (b.value === null) - (a.value === null) || collator.compare(a.value ?? "", b.value ?? ""));
    const search = list.querySelector("input[type=search]");
    search.hidden = found.length <= LONG;
    const wanted = search.hidden ? "" : search.value.trim().toLowerCase();
    const names = list.querySelector("ul");
    const shown = found.filter(({ value }) => (value ?? "nobody").toLowerCase().includes(wanted));
    arrange(names, shown.map((one) => choice(name, one)));
    for (const [place, { value }] of shown.entries()) {
      names.children[place].querySelector("input").checked = is.has(folded(value));
    }
  }
}

function choice(kind, { value, count }) {
  const words = value === null ? "nobody" : kind === "status" ? capital(value) : value;
  return element("li", { "data-key": `${value === null}${folded(value)}` },
    element("label", {},
      element("input", { type: "checkbox", value: value ?? "", "data-nobody": value === null ? "true" : null }),
      element("span", { class: value === null ? "muted" : null }, words),
      element("span", { class: "many" }, count.toLocaleString())));
}

function closeLists(but) {
  for (const list of lists.querySelectorAll("details[open]")) {
    if (list !== but) list.open = false;
  }
}

// As the API compares names: the letters, whatever their case.
function folded(value) {
  return value === null ? null : value.toLowerCase();
}

// Seconds from now; today ends at midnight in the zone of the times that are shown.
function ahead(name) {
  if (DUE[name] !== null) return DUE[name];
  return Math.max(1, Math.ceil((nextMidnight(serverNow()) - serverNow()) / 1000));
}

function sum(names, wanted) {
  return names.reduce((total, { value, count }) => total + (!wanted.length || wanted.includes(value) ? count : 0), 0);
}
