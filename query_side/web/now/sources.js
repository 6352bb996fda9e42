// The desks that are connected: what came of each, what could not be read, and what is to be mapped.

import { ask, tell } from "../shared/api.js";
import { device } from "../shared/keep.js";
import { arrange } from "../shared/keyed.js";
import { closable } from "../shared/panel.js";
import { refuse } from "../shared/refused.js";
import { changeToken } from "../shared/token.js";
import { ago, capital, counted, duration, element } from "../shared/words.js";

const SELDOM = 6; // refreshes of the page, while nobody looks at them
const LACKING = "This needs a token with the scope “admin”.";

const dialog = document.querySelector("#sources");
const items = document.querySelector("#sources-items");
const refused = document.querySelector("#sources-refused");
const opener = document.querySelector("#sources-open");

export class Sources {
  // `changed(position)`: tickets are about to be others.
  constructor(changed) {
    this.changed = changed;
    this.turn = 0;
    this.told = new Map(); // by desk, what became of what was pressed last
    this.refused = new Map(); // by desk, why nothing did
    opener.addEventListener("click", () => this.open());
    closable(dialog);
    items.addEventListener("click", ({ target }) => {
      const button = target.closest("button[value]");
      if (button?.value === "replay") this.replay(button);
      if (button?.value === "copy") this.copy(button);
      if (button?.value === "token") this.change(button);
    });
    items.addEventListener("submit", (event) => {
      event.preventDefault();
      this.letBe(event.target);
    });
  }

  open() {
    refused.hidden = true;
    this.told.clear();
    this.refused.clear();
    dialog.showModal();
    this.turn = 0;
    this.refresh();
  }

  async refresh() {
    if (!dialog.open && this.turn++ % SELDOM) return;
    try {
      const { sources } = await ask("/connect");
      refused.hidden = true;
      const wrong = sources.filter((one) => ["breached", "critical"].includes(standing(one)[0])).length;
      opener.hidden = sources.length === 0;
      opener.replaceChildren("Desks", ...(wrong ? [" ", badge(wrong)] : []));
      arrange(items, sources.map((one) => item(one, this.told.get(one.source) ?? "", this.refused.get(one.source))));
    } catch (error) {
      refuse(refused, error, "Your token may not read what desks have sent.");
    }
  }

  replay(button) {
    return this.command(button, async (name) => {
      const { tried, parked, failed, position } = await tell(`/connect/parked/replay?source=${encodeURIComponent(name)}`);
      this.changed(position);
      const words = `${counted(tried, "delivery", "deliveries")} read again, ${parked.toLocaleString()} still parked.`;
      return failed ? `${words} ${failed.toLocaleString()} of these failed: the service's log says of what.` : words;
    });
  }

  letBe(form) {
    const asked = { reason: form.elements.reason.value.trim(), by: device.get("sla.name") || null };
    return this.command(form.querySelector("button"), async (source) => {
      const { let_be: count } = await tell("/connect/parked/let-be", { ...asked, source });
      return `${counted(count, "delivery", "deliveries")} let be.`;
    });
  }

  // `done(name)`: carries it out for a desk, and says what became of it.
  async command(button, done) {
    const name = button.closest("li[data-key]").dataset.key;
    this.refused.delete(name);
    this.told.delete(name);
    button.disabled = true;
    try {
      this.told.set(name, await done(name));
    } catch (error) {
      this.refused.set(name, error);
    }
    button.disabled = false;
    await this.refresh();
  }

  async change(button) {
    await changeToken();
    this.refused.delete(button.closest("li[data-key]").dataset.key);
    await this.refresh();
  }

  async copy(button) {
    const name = button.closest("li[data-key]").dataset.key;
    const lines = button.closest("section").querySelector("pre");
    try {
      await navigator.clipboard.writeText(`${lines.textContent}\n`);
      this.told.set(name, "Copied.");
    } catch { // only pages that came by HTTPS, or from this machine, may write there
      getSelection().selectAllChildren(lines);
      this.told.set(name, "They are selected: copy them by the keyboard.");
    }
    this.show(button.closest("li[data-key]"));
  }

  show(item) {
    item.querySelector(".told-of").textContent = this.told.get(item.dataset.key);
  }
}

function badge(wrong) {
  return element("span", { class: "badge", title: "Something of them is missing here" },
    wrong.toLocaleString(), element("span", { class: "unseen" }, wrong === 1 ? " needs somebody" : " need somebody"));
}

function item(one, told, error) {
  const [state, word] = standing(one);
  return element("li", { "data-key": one.source, "data-state": state, "aria-labelledby": `source-${one.source}` },
    element("div", { class: "excuse-head" },
      element("h3", { id: `source-${one.source}` }, one.source),
      one.desk === one.source ? null : element("span", { class: "muted" }, one.desk),
      element("span", { class: "pill", "data-state": state }, word)),
    figures(one),
    one.reachable ? null : element("p", { class: "refused" },
      "Nothing that it sends is accepted: the secret that it signs with is not set where the service runs."),
    turnedAway(one),
    api(one),
    parked(one, error),
    unmapped(one),
    element("p", { class: "told-of muted", role: "status" }, told));
}

function standing(one) {
  if (!one.reachable) return ["breached", "no secret"];
  if (one.parked) return ["critical", "parked"];
  if (one.api.some(({ error, waits }) => error && !waits)) return ["critical", "API fails"];
  if (one.unmapped.length) return ["warning", "not all mapped"];
  if (one.refused && (one.refused_at > (one.last_delivery_at ?? ""))) return ["warning", "refused"];
  return one.last_delivery_at === null ? ["untracked", "nothing came yet"] : ["compliant", "well"];
}

function figures(one) {
  const figure = (name, ...value) => element("div", {}, element("dt", {}, name), element("dd", {}, ...value));
  const came = one.last_delivery_at;
  return element("dl", { class: "facts" },
    figure("Last delivery", came === null ? "–" : element("time", { datetime: came, title: came }, ago(came))),
    figure("Lag", one.lag_seconds === null ? "–" : duration(one.lag_seconds)),
    figure("Taken, 24 h", one.taken.toLocaleString()),
    figure("Ignored, 24 h", one.ignored.toLocaleString()),
    figure("Parked", one.parked.toLocaleString()),
    one.let_be ? figure("Let be", one.let_be.toLocaleString()) : null,
    one.api.length ? figure("Only by its API", one.by_reconciliation.toLocaleString()) : null);
}

// What came in its name, and was not verified.
function turnedAway(one) {
  if (!one.refused) return null;
  return element("p", { class: "refused" }, `${counted(one.refused, "request was", "requests were")} refused within a day, the last `,
    element("time", { datetime: one.refused_at, title: one.refused_at }, ago(one.refused_at)), `: ${one.refused_because}.`);
}

// How far its API has been read.
function api(one) {
  if (!one.api.length) return null;
  return element("section", {}, element("h4", {}, "Its API"),
    element("ul", {}, ...one.api.flatMap((reading) => [said(reading), ...refusals(reading)])));
}

function said({ what, tickets, done_at: done, next_at: next, error, waits }) {
  if (error) return element("li", waits ? {} : { class: "refused" }, `${capital(what)}: the API ${error}`);
  const read = counted(tickets, "ticket");
  if (done === null && next !== null) return element("li", {}, `${capital(what)}: ${read} read so far`);
  return element("li", {}, `${capital(what)}: ${read} read`, done === null ? "" : `, last ${ago(done)}`);
}

function refusals({ what, because }) {
  return Object.entries(because).map(([why, count]) =>
    element("li", { class: "refused" }, `${capital(what)}: ${counted(count, "update")} not taken: ${why}`));
}

function parked(one, error) {
  if (!one.parked) return null;
  const reasons = Object.entries(one.because).map(([why, count]) => line(count, why));
  return element("section", {},
    element("h4", {}, "Could not be read, and waits"),
    element("ul", { class: "reasons" }, ...reasons),
    element("p", { class: "excuse-head" },
      element("button", { type: "button", class: "quiet", value: "replay" }, "Read them again"),
      element("span", { class: "muted" }, `The oldest came ${ago(one.oldest_parked_at)}.`)),
    element("form", { class: "excuse-head" },
      element("input", { name: "reason", required: "", maxlength: "2000", autocomplete: "off",
        placeholder: "Why they are of no use", "aria-label": "Why they are of no use" }),
      element("button", { class: "quiet" }, "Let them be")),
    element("p", { class: "refused", role: "alert" }, ...(error ? refusal(error) : [])));
}

function refusal({ status, message }) {
  if (status !== 403) return [message];
  return [`${LACKING} `, element("button", { type: "button", class: "quiet", value: "token" }, "Use another token")];
}

function unmapped(one) {
  if (!one.yaml) return null;
  const values = one.unmapped.filter(({ because }) => !(because in one.because))
    .map((value) => line(value.count, value.because + (value.counts_as ? `, and counts as ${value.counts_as}` : "")));
  if (one.more_unmapped) values.push(element("li", {}, `${counted(one.more_unmapped, "more value")} besides`));
  const open = one.yaml.includes('"<') ? " What stands in angle brackets is for you to decide." : "";
  return element("section", {},
    values.length ? element("h4", {}, "Not mapped") : null,
    values.length ? element("ul", { class: "reasons" }, ...values) : null,
    element("h4", {}, "What maps it"),
    element("p", { class: "muted" }, "Lines for ", element("code", {}, `sources: ${one.source}:`),
      ` of the configuration; each takes the place of the one that begins alike.${open}`),
    element("pre", {}, one.yaml),
    element("p", {}, element("button", { type: "button", class: "quiet", value: "copy" }, "Copy the lines")));
}

function line(count, words) {
  return element("li", {}, element("strong", {}, counted(count, "delivery", "deliveries")), `: ${words}`);
}
