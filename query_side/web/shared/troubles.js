// What is wrong with the service, as /health says it, and how old what is shown is.

import { health } from "./api.js";
import { arrange } from "./keyed.js";
import { duration, element } from "./words.js";

const SILENT = {
  kind: "silent",
  what: "The service does not answer: what you see is what it said last.",
  remedy: "It is asked again every few seconds. If it stays so, see that it runs and that your network reaches it.",
};
const BLINDING = ["silent", "database", "ended", "worker", "late", "behind"];
const OLD = 30; // seconds

const banner = document.querySelector("#troubles");
const age = document.querySelector("#age");

// What can be typed stands between backticks.
function typed(words) {
  return words.split("`").map((part, place) => (place % 2 ? element("code", {}, part) : part));
}

export class Troubles {
  // `answeredAt()`: when the board last had an answer, by this machine's clock; null: never.
  constructor(answeredAt) {
    this.answeredAt = answeredAt;
    this.behind = 0;
    this.blind = false;
    setInterval(() => this.tick(), 1000);
  }

  async refresh() {
    try {
      const found = await health();
      this.behind = Math.max(0, ...found.projections.map((one) => one.behind_seconds));
      this.draw(found.troubles);
    } catch {
      this.draw([SILENT]);
    }
  }

  draw(troubles) {
    this.blind = troubles.some(({ kind }) => BLINDING.includes(kind));
    arrange(banner, troubles.map(({ what, remedy }) =>
      element("p", {}, element("strong", {}, what), " ", element("span", {}, ...typed(remedy)))));
    banner.hidden = troubles.length === 0;
    this.tick();
  }

  tick() {
    const since = this.answeredAt();
    if (since === null) return;
    const seconds = (Date.now() - since) / 1000 + this.behind;
    const words = seconds < 2 ? "as of now" : `as of ${duration(seconds)} ago`;
    if (age.textContent !== words) age.textContent = words;
    age.toggleAttribute("data-old", seconds > OLD || this.blind);
  }
}
