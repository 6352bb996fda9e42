// The filters that all views share: lists of the names that tickets have, each with how many.

import { LISTS } from "./address.js";
import { arrange } from "./keyed.js";
import { capital, element } from "./words.js";

const LONG = 12; // names; beyond them a list can be searched
const NAMES = {
  priority: "Priority", customer_tier: "Tier", status: "Status", assigned_to: "Assignee",
  team: "Team", type: "Type", rule: "Rule", organization: "Organization",
};
const IF_ANY = ["team", "type", "rule", "organization"]; // not every source says them
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

export class Lists {
  // `view[name]`: the chosen values of each list, null for nobody. `changed(changes)`: of them;
  // `opened()`: the counts are about to be looked at.
  constructor(place, view, { names = LISTS, changed, opened }) {
    this.place = place;
    this.view = view;
    this.changed = changed;
    this.opened = opened;
    this.facets = null; // as /dashboard/facets answers
    for (const name of names) place.append(this.list(name));
    document.addEventListener("click", ({ target }) => closeLists(place, target.closest("details.list")));
    place.addEventListener("keydown", (event) => {
      const open = event.key === "Escape" && event.target.closest("details[open]");
      if (!open) return;
      open.open = false;
      open.querySelector("summary").focus();
    });
  }

  show(facets) {
    this.facets = facets;
    this.draw();
  }

  draw() {
    for (const list of this.place.querySelectorAll("[data-list]")) this.drawList(list);
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
      closeLists(this.place, list);
      search.value = "";
      this.opened();
    });
    list.addEventListener("change", ({ target }) => {
      if (target.type === "checkbox") this.choose(name, target.dataset.nobody ? null : target.value, target.checked);
    });
    return list;
  }

  choose(name, value, chosen) {
    const others = this.view[name].filter((one) => folded(one) !== folded(value));
    this.changed({ [name]: chosen ? [...others, value] : others });
  }

  drawList(list) {
    const name = list.dataset.list;
    const chosen = this.view[name];
    list.querySelector(".chosen").textContent = chosen.length === 0 ? "" : chosen.length === 1 ? chosen[0] ?? "nobody" : `${chosen.length} chosen`;
    list.toggleAttribute("data-chosen", chosen.length > 0);
    const without = IF_ANY.includes(name) && chosen.length === 0;
    list.toggleAttribute("data-unknown", without && this.facets === null);
    list.hidden = without && this.facets?.[name].length === 0;
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

export function closeLists(place, but = null) {
  for (const list of place.querySelectorAll("details.list[open]")) {
    if (list !== but) list.open = false;
  }
}

// As the API compares names: the letters, whatever their case.
export function folded(value) {
  return value === null ? null : value.toLowerCase();
}
