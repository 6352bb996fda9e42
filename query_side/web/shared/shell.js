// What all views have: the bar, one ticket over it, what is wrong, and when to look again.

import { Drawer } from "./drawer.js";
import { device } from "./keep.js";
import { changeToken, isAsking } from "./token.js";
import { Troubles } from "./troubles.js";
import { beginning, element, serverNow } from "./words.js";
import { HERE, switchZone, zone } from "./zone.js";

const EVERY = 10000; // ms between refreshes when nothing happens
const SOON = 300; // ms in which what happens together is shown together
const SELDOM = 5000; // ms between such refreshes: what somebody reads does not move all the time
const THEMES = ["system", "light", "dark"];

const trouble = document.querySelector("#trouble");
const said = document.querySelector("#trouble-said");
const other = document.querySelector("#trouble-token");
const now = document.querySelector("#now");
const theme = document.querySelector("#theme");
const where = document.querySelector("#zone");

export class Shell {
  // `refresh(position)`: asks for all that the view shows anew. It is called at once, then every so
  // many ms while somebody looks; `watched(blind)`: each time, whether the service can know what is so.
  constructor(refresh, { every = EVERY, watched = () => {} } = {}) {
    this.ask = refresh;
    this.every = every;
    this.watched = watched;
    this.soon = null;
    this.lastSoon = 0;
    this.answeredAt = null; // by this machine's clock
    this.drawer = new Drawer();
    this.troubles = new Troubles(() => this.answeredAt);
    other.addEventListener("click", async () => {
      await changeToken();
      this.refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.refresh();
    });
  }

  start() {
    setInterval(() => {
      if (!document.hidden) this.refresh();
    }, this.every);
    return this.refresh();
  }

  // `position`: of a command whose effect is to be seen.
  async refresh(position) {
    if (isAsking()) return; // whatever is asked waits for the token by itself
    // Side by side: the view does not wait for it.
    const looked = this.troubles.refresh().then(() => this.watched(this.troubles.blind));
    try {
      await this.ask(position);
      this.answered();
      trouble.hidden = true;
      await this.drawer.refresh(position);
    } catch (error) {
      this.report(error);
    }
    await looked;
  }

  // Something has happened somewhere.
  refreshSoon() {
    this.soon ??= setTimeout(() => {
      this.soon = null;
      if (document.hidden) return; // who comes back has all of it anew
      this.lastSoon = Date.now();
      this.refresh();
    }, Math.max(SOON, this.lastSoon + SELDOM - Date.now()));
  }

  // What is shown is of now: the bar tells its age.
  answered() {
    this.answeredAt = Date.now();
  }

  // One ticket, over whatever is shown.
  open(id) {
    this.drawer.open(id);
  }

  report(error) {
    said.textContent = beginning(error.message);
    other.hidden = error.status !== 403;
    trouble.hidden = error.status === 0; // what is wrong says so already
  }
}

function paint(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  theme.replaceChildren(element("span", { class: "more" }, "Theme: "), name);
  theme.setAttribute("aria-label", `Theme: ${name}`);
  device.set("sla.theme", name);
}

function tick() {
  const instant = new Date(serverNow());
  now.dateTime = instant.toISOString();
  now.textContent = instant.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", timeZone: zone });
}

theme.addEventListener("click", () => {
  const shown = document.documentElement.dataset.theme ?? "system";
  paint(THEMES[(THEMES.indexOf(shown) + 1) % THEMES.length]);
});
paint(THEMES.includes(device.get("sla.theme")) ? device.get("sla.theme") : "system");

where.replaceChildren(element("span", { class: "more" }, "Times: "), zone.replaceAll("_", " "));
where.setAttribute("aria-label", `Times: ${zone}`);
where.title = zone === HERE ? "All times are shown in your own time zone; press for UTC"
  : `All times are shown in UTC; press for ${HERE}`;
where.addEventListener("click", switchZone);

// Without a trace in the address: Back would lead to it once more.
document.addEventListener("click", (event) => {
  const skip = event.target.closest("a.skip");
  if (!skip) return;
  event.preventDefault();
  document.querySelector(skip.hash).focus();
});

tick();
setInterval(tick, 1000);
