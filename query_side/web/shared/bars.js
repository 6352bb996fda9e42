// Named numbers beside each other: a table whose rows have a bar each, to be pressed for more.

import { element } from "./words.js";

// The nodes of a table's body, for `arrange`. `rows`: { key, name, value, most, words, state, pick }:
// `value` of `most` is the bar, `words` the number beside it, `pick()` what a press does.
export function bars(rows) {
  return rows.map(({ key, name, value, most, words, state = null, pick = null }) => {
    const called = pick ? element("button", { type: "button", class: "named-bar" }, name) : name;
    if (pick) called.addEventListener("click", pick);
    return element("tr", { "data-key": key, "data-state": state },
      element("th", { scope: "row" }, called),
      element("td", { class: "bar" }, element("progress", { max: String(most || 1), value: String(value), "aria-hidden": "true" })),
      element("td", { class: "number" }, words));
  });
}
