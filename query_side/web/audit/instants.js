// Two sliders: at which instant the ticket is looked at, and by what was known when. They stop where
// something happened, or was heard.

import { moment } from "../shared/words.js";
import { change } from "./address.js";

const SOON = 150; // ms in which somebody goes on sliding
const LONGEST = 110; // characters of a sentence

const form = document.querySelector("#instants");
const present = document.querySelector("#present");

class Slider {
  // `name`: as the address calls it; `last`: what its end is called, where it is of now.
  constructor(name, place, last) {
    this.name = name;
    this.last = last;
    this.input = place.querySelector("input");
    this.output = place.querySelector("output");
    this.stops = [null];
    this.typing = null;
    this.input.addEventListener("input", () => this.slid());
    place.addEventListener("click", ({ target }) => {
      const step = Number(target.closest("button")?.dataset.step);
      if (!step) return;
      this.input.value = Number(this.input.value) + step;
      this.slid();
    });
  }

  // `told`: by instant what is said of it; `at`: the one that is chosen, null: now.
  show(told, at) {
    if (this.typing) return;
    const known = [...told.keys(), ...(at !== null && !told.has(at) ? [at] : [])];
    this.told = told;
    this.stops = [...known.sort((one, other) => Date.parse(one) - Date.parse(other) || one.localeCompare(other)), null];
    this.input.max = this.stops.length - 1;
    this.input.value = this.stops.indexOf(at);
    this.tell();
  }

  get at() {
    return this.stops[this.input.value];
  }

  slid() {
    this.tell();
    clearTimeout(this.typing);
    this.typing = setTimeout(() => {
      this.typing = null;
      change({ [this.name]: this.at }, true);
    }, SOON);
  }

  tell() {
    const at = this.at;
    const words = at === null ? this.last() : `${moment(at)}${said(this.told.get(at))}`;
    this.output.textContent = words;
    this.input.setAttribute("aria-valuetext", words);
  }
}

export class Instants {
  constructor() {
    const [asOf, knownAt] = ["#as-of", "#known-at"].map((name) => document.querySelector(name));
    this.asOf = new Slider("as_of", asOf, () => (this.known.at === null ? "now" : "at that same instant"));
    this.known = new Slider("known_at", knownAt, () => "all that is known now");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", (event) => {
      event.preventDefault();
      change({ as_of: null, known_at: null });
    });
    this.known.input.addEventListener("input", () => this.asOf.tell());
  }

  // `entries`: of all that is known of the ticket.
  show(entries, view) {
    this.known.show(heard(entries), view.known_at);
    this.asOf.show(gathered(entries, "occurred_at"), view.as_of);
    present.hidden = view.known_at === null && view.as_of === null;
  }
}

// By instant, what was recorded at it.
export function heard(entries) {
  return gathered(entries.filter(({ recorded_at: at }) => at !== null), "recorded_at");
}

function gathered(entries, name) {
  const found = new Map();
  for (const entry of entries) found.set(entry[name], [...(found.get(entry[name]) ?? []), entry.explanation]);
  return found;
}

export function said(sentences) {
  if (!sentences?.length) return "";
  const [first] = sentences;
  const short = first.length > LONGEST ? `${first.slice(0, LONGEST).replace(/\s+\S*$/, "")}…` : first;
  return ` · ${short}${sentences.length > 1 ? ` (and ${sentences.length - 1} more)` : ""}`;
}
