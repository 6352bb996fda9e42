// What was learned between two instants, and what of the clocks it has changed, in sentences.

import { ask } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { sentence } from "../shared/timeline.js";
import { element, exactly, moment } from "../shared/words.js";
import { change } from "./address.js";
import { said } from "./instants.js";

const form = document.querySelector("#between");
const place = document.querySelector("#differ");
const learned = document.querySelector("#learned"); // on paper only where something is compared
const { known, and } = form.elements;
const NOW = "";

form.addEventListener("change", () => change({ known_at: known.value || null, and: and.value || null }));

// `heard`: by instant what was recorded then.
export function choices(heard, view) {
  const options = (chosen, none) => [
    element("option", { value: NOW }, none),
    ...[...heard].map(([at, told]) => element("option", { value: at }, `${moment(at)}${said(told).slice(0, 70)}`)),
    ...(chosen && !heard.has(chosen) ? [element("option", { value: chosen }, moment(chosen))] : []),
  ];
  arrange(known, options(view.known_at, "now"));
  arrange(and, options(view.and, "choose another instant"));
  known.value = view.known_at ?? NOW;
  and.value = view.and ?? NOW;
}

export async function differ(path, view, question, now) {
  learned.toggleAttribute("data-chosen", view.and !== null);
  if (view.and === null) {
    arrange(place, [element("p", { class: "muted" },
      "Choose two instants at which something was heard: what differs is named here.")]);
    return;
  }
  const asked = { ...question, known_at: view.known_at ?? now, and: view.and, as_of: view.as_of };
  const found = await ask(`${path}/differences`, asked);
  const between = `between ${moment(found.known_at)} and ${moment(found.known_later_at)}`;
  arrange(place, [
    element("h3", {}, "What differs"),
    found.differences.length
      ? element("ul", { class: "steps" }, ...found.differences.map((one) =>
        element("li", { "data-state": one.what.includes("breached_at") ? "breached" : "none" },
          element("p", {}, ...sentence(one.explanation)))))
      : element("p", {}, "The clocks show the same by both."),
    element("h3", {}, `What was recorded ${between}`),
    found.heard.length
      ? element("ul", { class: "steps" }, ...found.heard.map((one) =>
        element("li", {}, element("p", { class: "muted" }, "recorded ", exactly(one.recorded_at)),
          element("p", {}, ...sentence(one.explanation)))))
      : element("p", { class: "muted" }, "Nothing of what had happened by then."),
    element("p", { class: "muted" }, "Both as it stood ", exactly(found.as_of), "."),
  ]);
}
