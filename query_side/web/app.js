// The dashboard: board, feed and drawer put together.

import { useToken } from "./api.js";
import { Board } from "./board.js";
import { Drawer } from "./drawer.js";
import { Feed } from "./feed.js";
import { serverNow } from "./words.js";

const EVERY = 10000; // ms between refreshes when nothing happens
const SOON = 300; // ms in which what happens together is shown together

const trouble = document.querySelector("#trouble");
const tokenForm = document.querySelector("#token-form");
const now = document.querySelector("#now");
const theme = document.querySelector("#theme");

const drawer = new Drawer();
const open = (id) => drawer.open(id);
const board = new Board(open);
const feed = new Feed(open, refreshSoon);
board.onError = report;

let started = false;
let soon = null;

async function refresh() {
  try {
    const answer = await board.refresh();
    trouble.hidden = true;
    if (!started) {
      started = true;
      try {
        await feed.start(answer.as_of_position);
      } catch (error) {
        started = false; // the next refresh tries again
        throw error;
      }
    }
    await drawer.refresh();
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
  tokenForm.hidden = error.status !== 401 && error.status !== 403;
  trouble.textContent = error.message;
  trouble.hidden = !tokenForm.hidden && error.status === 401;
}

tokenForm.addEventListener("submit", (event) => {
  event.preventDefault();
  useToken(tokenForm.elements.token.value);
  tokenForm.hidden = true;
  refresh();
});

const THEMES = ["system", "light", "dark"];

function paint(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.textContent = `Theme: ${name}`;
  localStorage.setItem("sla.theme", name);
}

theme.addEventListener("click", () => {
  const shown = document.documentElement.dataset.theme ?? "system";
  paint(THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length]);
});
paint(THEMES.includes(localStorage.getItem("sla.theme")) ? localStorage.getItem("sla.theme") : "system");

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
