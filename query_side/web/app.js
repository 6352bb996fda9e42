// The dashboard: board, feed, drawer and what is wrong, put together.

import { Board } from "./board.js";
import { Drawer } from "./drawer.js";
import { Excuses } from "./excuses.js";
import { Feed } from "./feed.js";
import { device } from "./keep.js";
import { Silences } from "./silences.js";
import { Sources } from "./sources.js";
import { changeToken, isAsking } from "./token.js";
import { Troubles } from "./troubles.js";
import { element, serverNow } from "./words.js";

const EVERY = 10000; // ms between refreshes when nothing happens
const SOON = 300; // ms in which what happens together is shown together

const trouble = document.querySelector("#trouble");
const said = document.querySelector("#trouble-said");
const other = document.querySelector("#trouble-token");
const now = document.querySelector("#now");
const theme = document.querySelector("#theme");

const drawer = new Drawer();
const open = (id) => drawer.open(id);
const board = new Board(open, report);
const feed = new Feed(open, refreshSoon);
const excuses = new Excuses(refreshSoon);
const sources = new Sources(refreshSoon);
const silences = new Silences(open);
const troubles = new Troubles(() => board.answeredAt);

let started = false;
let soon = null;

async function refresh() {
  if (isAsking()) return; // whatever is asked waits for the token by itself
  await troubles.refresh();
  board.blind = troubles.blind;
  feed.isBlind(troubles.blind);
  try {
    await board.refresh();
    trouble.hidden = true;
    if (!started) {
      started = true;
      try {
        await feed.start();
      } catch (error) {
        started = false; // the next refresh tries again
        throw error;
      }
    }
    await Promise.all([drawer.refresh(), excuses.refresh(), sources.refresh(), silences.refresh()]);
  } catch (error) {
    report(error);
  }
}

function refreshSoon() {
  soon ??= setTimeout(() => {
    soon = null;
    refresh();
  }, SOON);
}

function report(error) {
  said.textContent = error.message;
  other.hidden = error.status !== 403;
  trouble.hidden = error.status === 0; // what is wrong says so already
}

other.addEventListener("click", async () => {
  await changeToken();
  refresh();
});

const THEMES = ["system", "light", "dark"];

function paint(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.replaceChildren(element("span", { class: "more" }, "Theme: "), name);
  theme.setAttribute("aria-label", `Theme: ${name}`);
  device.set("sla.theme", name);
}

theme.addEventListener("click", () => {
  const shown = document.documentElement.dataset.theme ?? "system";
  paint(THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length]);
});
paint(THEMES.includes(device.get("sla.theme")) ? device.get("sla.theme") : "system");

setInterval(() => {
  const instant = new Date(serverNow());
  now.dateTime = instant.toISOString();
  now.textContent = instant.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "long" });
}, 1000);
setInterval(() => {
  if (!document.hidden) refresh();
}, EVERY);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
refresh();
