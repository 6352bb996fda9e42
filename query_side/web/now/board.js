// The tiles and the table of tickets.

import { ask } from "../shared/api.js";
import { arrange, glide } from "../shared/keyed.js";
import { STATES, capital, countdown, counted, duration, element, learnClock, moment, pill, serverNow } from "../shared/words.js";
import { USUAL, readView, writeView } from "./address.js";
import { Filters } from "./filters.js";
import { Hours } from "./hours.js";
import { Who } from "./who.js";

const SIZE = 50;
const COUNTS_EVERY = 30000; // ms: the filters' counts go over all tickets, and change slowly
const COUNTS_REST = 200; // times as long as they took, where there are many: others ask as well
const COUNTS_AT_LAST = 300000; // ms

const tiles = document.querySelector("#tiles");
const rows = document.querySelector("#rows");
const empty = document.querySelector("#empty");
const pager = document.querySelector("#page");
const previous = document.querySelector("#previous");
const next = document.querySelector("#next");

export class Board {
  constructor(open, shell) {
    this.shell = shell;
    this.onError = (error) => shell.report(error);
    this.asked = 0;
    this.countedAt = 0; // by this machine's clock
    this.rest = COUNTS_EVERY;
    this.blind = false;
    this.view = readView();
    this.filters = new Filters(this.view, (replace) => this.changed(replace));
    this.who = new Who(this.filters);
    this.hours = new Hours(this.filters);
    this.drawTiles({});
    rows.addEventListener("click", ({ target, detail }) => {
      const row = target.closest("tr");
      const marks = detail > 0 && !getSelection().isCollapsed; // with the mouse, text
      if (row && !marks) open(row.dataset.key);
    });
    rows.addEventListener("keydown", (event) => this.key(event));
    previous.addEventListener("click", () => this.turn(-1));
    next.addEventListener("click", () => this.turn(1));
    window.addEventListener("popstate", () => this.back());
    setInterval(() => this.tick(), 1000);
  }

  // Only while a ticket has the focus, so that no key does something unforeseen.
  key(event) {
    const row = event.target.closest("tr");
    if (!row || event.ctrlKey || event.metaKey || event.altKey) return;
    const other = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling }[event.key];
    const what = { a: "acknowledge", s: "snooze" }[event.key.toLowerCase()];
    if (other !== undefined) other?.querySelector("button").focus();
    else if (what) this.shell.drawer.act(row.dataset.key, what);
    else return;
    event.preventDefault();
  }

  turn(pages) {
    this.view.page = Math.max(1, this.view.page + pages);
    this.look(false); // what is counted is the same on each
  }

  changed(replace) {
    this.countedAt = 0;
    this.look(replace);
  }

  look(replace) {
    writeView(this.view, { replace });
    this.refresh().catch(this.onError);
  }

  back() {
    const before = JSON.stringify(this.view);
    this.filters.show(readView());
    if (JSON.stringify(this.view) === before) return; // it was a ticket that was opened or closed
    this.countedAt = 0;
    this.drawTiles({});
    this.refresh().catch(this.onError);
  }

  // `position`: of a command whose effect is to be seen.
  async refresh(position) {
    const number = ++this.asked;
    const { page, sort } = this.view;
    const counts = Date.now() - this.countedAt > this.rest;
    if (counts) this.countedAt = Date.now();
    const asked = ask("/dashboard", { ...this.filters.question(), page, sort, size: SIZE, wait_for: position });
    // These may take longer; the tickets do not wait for them.
    if (counts) this.count().catch(this.onError);
    const answer = await asked;
    if (number !== this.asked) return; // a newer question is on its way
    const pages = Math.max(1, Math.ceil(answer.total / SIZE));
    if (page > pages) {
      this.view.page = pages;
      writeView(this.view, { replace: true });
      return this.refresh(position);
    }
    learnClock(answer.at);
    this.shell.answered();
    this.drawTiles(answer.summary);
    this.draw(answer, pages);
  }

  isBlind(blind) {
    this.blind = blind;
    if (!empty.hidden) empty.replaceChildren(...this.nothing());
  }

  async count() {
    const began = Date.now();
    // One after another: side by side they would take the database from whoever asks for tickets.
    for (const one of [this.who, this.hours, this.filters]) await one.refresh();
    const took = Date.now() - began;
    this.rest = Math.min(COUNTS_AT_LAST, Math.max(COUNTS_EVERY, COUNTS_REST * took));
    if (!empty.hidden) empty.replaceChildren(...this.nothing());
  }

  drawTiles(summary) {
    if (!tiles.children.length) {
      for (const state of STATES) {
        const tile = element(
          "button",
          { type: "button", class: "tile", "data-state": state },
          element("span", { class: "tile-number" }, "–"),
          element("span", { class: "tile-name" }, capital(state)),
          element("progress", { max: "1", value: "0", "aria-hidden": "true" }),
        );
        tile.addEventListener("click", () => {
          const others = this.view.sla_state.filter((one) => one !== state);
          this.filters.set({ sla_state: others.length < this.view.sla_state.length ? others : [...others, state] });
        });
        tiles.append(tile);
      }
    }
    const total = STATES.reduce((sum, state) => sum + (summary[state] ?? 0), 0);
    for (const tile of tiles.children) {
      const count = summary[tile.dataset.state];
      tile.setAttribute("aria-pressed", this.view.sla_state.includes(tile.dataset.state));
      if (count === undefined) continue;
      tile.querySelector(".tile-number").textContent = count.toLocaleString();
      tile.querySelector("progress").value = total ? count / total : 0;
    }
  }

  draw({ items, page, total, at }, pages) {
    glide(rows, () => arrange(rows, items.map(row)));
    const open = this.view.phase === USUAL.phase ? "open ticket" : "ticket";
    document.querySelector("#count").textContent = counted(total, open);
    document.querySelector("#told").textContent =
      `${this.filters.told()} · ${counted(total, open)} · page ${page} of ${pages} · ${moment(at)}`;
    pager.textContent = `Page ${page.toLocaleString()} of ${pages.toLocaleString()}`;
    previous.disabled = page <= 1;
    next.disabled = page >= pages;
    empty.hidden = items.length > 0;
    if (items.length === 0) empty.replaceChildren(...this.nothing());
  }

  // An empty table may mean that all is well, or that nobody looks.
  nothing() {
    const all = this.filters.facets?.phase.reduce((sum, { count }) => sum + count, 0);
    if (this.blind) return ["Nothing can be shown, and that says nothing: see above what is wrong."];
    if (this.filters.narrowed()) return ["No ticket matches."];
    if (all === 0) {
      return ["No tickets yet. ", element("code", {}, "POST /tickets"), " brings them in: ",
        element("a", { href: "/docs" }, "the API"), " says how."];
    }
    return ["No ticket is open."];
  }

  // Every second: the countdowns; when one runs out the states have changed.
  tick() {
    let ranOut = false;
    for (const time of rows.querySelectorAll("time")) {
      const words = countdown(time.dateTime);
      if (time.textContent !== words) time.firstChild.data = words;
      const over = Date.parse(time.dateTime) < serverNow();
      ranOut ||= over && time.dataset.over !== "true";
      time.dataset.over = over;
    }
    if (ranOut && !document.hidden) this.refresh().catch(this.onError);
  }
}

function row(item) {
  return element("tr", { role: "row", "data-state": item.sla_state, "data-key": item.ticket_id },
    cell("state", pill(item.sla_state)),
    cell("wide", element("button", { type: "button", class: "ticket" },
      element("strong", {}, item.external_id), element("span", { title: item.title }, item.title ?? ""))),
    cell("due number", ...due(item)),
    cell("level number", item.escalation_level ? String(item.escalation_level) : element("span", { class: "none" }, "–")),
    cell("", item.priority),
    cell("", item.customer_tier, under(item)),
    cell("", capital(item.status), held(item)),
    cell("", item.assigned_to ?? element("span", { class: "muted" }, "nobody"),
      item.team ? element("span", { class: "held", title: item.team }, item.team) : null));
}

// The rule, where it is not the tier that decides.
function under(item) {
  if (!item.rule) return null;
  const words = item.on_purpose ? "untracked on purpose" : item.rule;
  return element("span", { class: "held", title: item.rule }, words);
}

function cell(kind, ...content) {
  return element("td", { role: "cell", class: kind || null }, ...content);
}

// The deadline that can still be met; what has been missed beside it, or alone.
function due(item) {
  const still = item.standing_still
    ? element("span", { class: "held" }, `standing still: ${item.standing_still}`) : null;
  if (item.next_due_at) {
    const missed = item.due_in_seconds < 0 && item.due_at !== item.next_due_at;
    return [
      deadline(item.next_due_at),
      element("span", { class: "held" }, capital(item.next_clock)),
      missed ? element("span", { class: "held over" }, `also ${duration(item.due_in_seconds)} over`) : null,
      still,
    ];
  }
  if (item.due_at) return [deadline(item.due_at), still];
  const waits = item.phase === "paused" && item.sla_state !== "untracked";
  const again = waits && item.resumes_at
    ? element("span", { class: "held", title: item.resumes_at }, `runs again ${countdown(item.resumes_at)}`) : null;
  const none = still && !waits ? null : element("span", { class: "muted" }, waits ? "paused" : "–");
  return [none, again, still];
}

function deadline(instant) {
  const over = String(Date.parse(instant) < serverNow());
  const exact = { datetime: instant, title: instant, "data-moment": moment(instant) };
  return element("time", { ...exact, "data-over": over }, countdown(instant));
}

// What somebody has said of it for a while.
function held(item) {
  const still = (until) => until && Date.parse(until) > serverNow();
  const words = [
    still(item.acknowledged_until) ? "acknowledged" : null,
    still(item.snoozed_until) ? "snoozed" : null,
  ].filter(Boolean);
  return words.length ? element("span", { class: "held" }, words.join(", ")) : null;
}
