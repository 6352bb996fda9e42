// Before and after, side by side: numbers, and tables of them.

import { element } from "../shared/words.js";

const NUMBER = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export function figure(value, unit = "") {
  return value === null || value === undefined ? "–" : `${NUMBER.format(value)}${unit}`;
}

// How much more or less; `good`: whether more of it is better (1), worse (-1) or neither (0).
export function by(before, after, good, unit = "") {
  if (before === null || after === null) return null;
  const more = Math.round((after - before) * 100) / 100;
  if (!more) return element("span", { class: "muted" }, "–");
  const turn = good === 0 ? null : more * good > 0 ? "better" : "worse";
  return element("span", { class: "by", "data-turn": turn }, `${more > 0 ? "+" : "−"}${NUMBER.format(Math.abs(more))}${unit}`);
}

// Of a definition list: was, is and by how much.
export function compared(name, before, after, good, unit = "", step = unit) {
  return element("div", {}, element("dt", {}, name),
    element("dd", {}, element("span", { class: "was" }, `${figure(before, unit)} →`), figure(after, unit), by(before, after, good, step)));
}

// `columns`: [{ name, cell(row), number }]; the first is the row's head.
export function table(title, columns, rows, { same = () => false, most = 100 } = {}) {
  const head = element("tr", {}, ...columns.map(({ name, number }) =>
    element("th", { scope: "col", class: number ? "number" : null }, name)));
  const body = element("tbody");
  const more = element("button", { type: "button", class: "quiet" });
  let shown = 0;
  const show = (until) => {
    for (const row of rows.slice(shown, until)) {
      const cells = columns.map(({ cell, number }, place) => element(place ? "td" : "th",
        { scope: place ? null : "row", class: number ? "number" : null }, cell(row)));
      body.append(element("tr", { "data-same": same(row) ? "" : null }, ...cells));
    }
    shown = Math.min(until, rows.length);
    more.hidden = shown === rows.length;
    more.textContent = `Show the other ${(rows.length - shown).toLocaleString()}`;
  };
  more.addEventListener("click", () => show(rows.length));
  show(most);
  return element("div", {}, element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
    element("table", { class: "plain" }, element("caption", { class: "unseen" }, title), element("thead", {}, head), body)), more);
}
