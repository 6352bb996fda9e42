// The tiles and the table of tickets.

import { ask } from "./api.js";
import { STATES, capital, countdown, counted, element, learnClock, pill, serverNow } from "./words.js";

const SIZE = 50;
const FILTERS = ["q", "phase", "status", "priority", "customer_tier", "assigned_to", "sort"];

const tiles = document.querySelector("#tiles");
const rows = document.querySelector("#rows");
const filters = document.querySelector("#filters");
const previous = document.querySelector("#previous");
const next = document.querySelector("#next");

export class Board {
  constructor(open) {
    this.open = open;
    this.states = new Set();
    this.page = 1;
    this.asked = 0;
    this.readAddress();
    this.drawTiles({});
    filters.addEventListener("submit", (event) => event.preventDefault());
    filters.addEventListener("input", () => this.filterSoon());
    filters.addEventListener("reset", () => {
      this.states.clear();
      setTimeout(() => this.filter());
    });
    previous.addEventListener("click", () => this.turn(-1));
    next.addEventListener("click", () => this.turn(1));
    setInterval(() => this.tick(), 1000);
  }

  filterSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.filter(), 250);
  }

  filter() {
    this.page = 1;
    this.changed();
  }

  turn(pages) {
    this.page = Math.max(1, this.page + pages);
    this.changed();
  }

  changed() {
    this.writeAddress();
    this.refresh().catch((error) => this.onError(error));
  }

  // The address holds the filters, so that a view can be passed on.
  readAddress() {
    const given = new URLSearchParams(location.search);
    for (const name of FILTERS) {
      if (given.has(name)) filters.elements[name].value = given.get(name);
    }
    for (const state of (given.get("sla_state") ?? "").split(",")) {
      if (STATES.includes(state)) this.states.add(state);
    }
    this.page = Math.max(1, Number.parseInt(given.get("page") ?? "1", 10) || 1);
  }

  writeAddress() {
    const address = new URL(location.href);
    for (const [name, value] of Object.entries({ ...this.question(), size: "" })) {
      const usual = value === "" || (name === "page" && value === 1) || (name === "sort" && value === "due_at");
      if (usual) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
    }
    history.replaceState(null, "", address);
  }

  question() {
    const question = { page: this.page, size: SIZE, sla_state: [...this.states].join(",") };
    for (const name of FILTERS) question[name] = filters.elements[name].value.trim();
    return question;
  }

  filtered() {
    const { page, size, sort, ...filters } = this.question();
    return Object.values(filters).some((value) => value !== "");
  }

  async refresh() {
    const number = ++this.asked;
    const answer = await ask("/dashboard", this.question());
    if (number !== this.asked) return answer; // a newer question is on its way
    const timed = answer.items.find((item) => item.due_at);
    if (timed) learnClock(timed.due_at, timed.due_in_seconds);
    this.drawTiles(answer.summary);
    this.drawRows(answer);
    return answer;
  }

  drawTiles(summary) {
    if (!tiles.children.length) {
      for (const state of STATES) {
        const tile = element(
          "button",
          { type: "button", class: "tile", "data-state": state },
          element("span", { class: "tile-number" }, "–"),
          element("span", { class: "tile-name" }, capital(state)),
          element("span", { class: "tile-bar" }, element("span")),
        );
        tile.addEventListener("click", () => {
          if (!this.states.delete(state)) this.states.add(state);
          this.filter();
        });
        tiles.append(tile);
      }
    }
    const total = STATES.reduce((sum, state) => sum + (summary[state] ?? 0), 0);
    for (const tile of tiles.children) {
      const state = tile.dataset.state;
      const count = summary[state];
      tile.setAttribute("aria-pressed", this.states.has(state));
      if (count === undefined) continue;
      tile.querySelector(".tile-number").textContent = count.toLocaleString();
      tile.querySelector(".tile-bar > span").style.width = total ? `${(100 * count) / total}%` : "0";
    }
  }

  drawRows({ items, page, size, total }) {
    const focused = document.activeElement?.dataset?.ticket;
    rows.replaceChildren(...items.map((item) => this.row(item)));
    if (focused) rows.querySelector(`[data-ticket="${CSS.escape(focused)}"]`)?.focus();
    const noneYet = !total && !this.filtered();
    document.querySelector("#none-yet").hidden = !noneYet;
    document.querySelector("#empty").hidden = noneYet || items.length > 0;
    const pages = Math.max(1, Math.ceil(total / size));
    document.querySelector("#count").textContent = counted(total, "ticket");
    document.querySelector("#page").textContent = `Page ${page.toLocaleString()} of ${pages.toLocaleString()}`;
    previous.disabled = page <= 1;
    next.disabled = page >= pages;
  }

  row(item) {
    const link = element("button", { type: "button", class: "ticket", "data-ticket": item.ticket_id },
      element("strong", {}, item.external_id),
      element("span", {}, item.title ?? ""));
    const row = element("tr", { "data-state": item.sla_state },
      element("td", {}, pill(item.sla_state)),
      element("td", { class: "wide" }, link),
      this.due(item),
      element("td", { class: "number" }, item.escalation_level ? String(item.escalation_level) : "–"),
      element("td", {}, item.priority),
      element("td", {}, item.customer_tier),
      element("td", {}, capital(item.status), this.held(item)),
      element("td", {}, item.assigned_to ?? element("span", { class: "muted" }, "nobody")));
    row.addEventListener("click", () => this.open(item.ticket_id));
    return row;
  }

  due(item) {
    if (!item.due_at) {
      const waits = item.phase === "paused" && item.sla_state !== "untracked";
      return element("td", { class: "number muted" }, waits ? "paused" : "–");
    }
    const over = Date.parse(item.due_at) < serverNow();
    return element("td", { class: "number" },
      element("time", { datetime: item.due_at, title: item.due_at, "data-over": over },
        countdown(item.due_at)));
  }

  // What somebody has said of it for a while.
  held(item) {
    const still = (until) => until && Date.parse(until) > serverNow();
    const words = [
      still(item.acknowledged_until) ? "acknowledged" : null,
      still(item.snoozed_until) ? "snoozed" : null,
    ].filter(Boolean);
    return words.length ? element("span", { class: "held" }, words.join(", ")) : null;
  }

  // Every second: the countdowns; when one runs out the states have changed.
  tick() {
    let ranOut = false;
    for (const time of rows.querySelectorAll("time")) {
      time.textContent = countdown(time.dateTime);
      const over = Date.parse(time.dateTime) < serverNow();
      ranOut ||= over && time.dataset.over !== "true";
      time.dataset.over = over;
    }
    if (ranOut) this.refresh().catch((error) => this.onError(error));
  }
}
