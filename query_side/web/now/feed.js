// The live alerts: what was raised lately, then whatever happens, resumed after every break.

import { ask, liveSocket } from "../shared/api.js";
import { GLIDE, glide } from "../shared/keyed.js";
import { ago, called, capital, element, isAtLeast, levelNamed, moment, pill } from "../shared/words.js";

const SHOWN = 60;
const LONGEST_PAUSE = 15000; // ms

const list = document.querySelector("#feed");
const empty = document.querySelector("#feed-empty");
const count = document.querySelector("#feed-count");
const link = document.querySelector("#link");
const WORDS = {
  live: "Live", blind: "Not up to date", connecting: "Connecting…", waiting: "Disconnected, trying again",
};

export class Feed {
  constructor(open, changed) {
    this.open = open;
    this.changed = changed;
    this.after = null;
    this.coming = [];
    this.gliding = false;
    this.pause = 500;
    this.state = "connecting";
    this.blind = false;
    setInterval(() => this.tick(), 5000);
  }

  async start() {
    const recent = await ask("/alerts", { latest: true, suppressed: false, limit: SHOWN });
    for (const message of recent.items) this.show(message);
    list.setAttribute("aria-live", "polite"); // what is new from now on
    this.after = recent.next_after;
    this.connect();
  }

  connect() {
    this.say("connecting");
    const socket = liveSocket(this.after);
    socket.addEventListener("open", () => this.say("live"));
    socket.addEventListener("message", (event) => {
      this.pause = 500; // not when it opens: a full server closes at once
      this.take(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      this.say("waiting");
      setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
      this.pause = Math.min(LONGEST_PAUSE, this.pause * 2);
    });
  }

  take(message) {
    if (message.type === "reset") {
      this.coming = [];
      list.replaceChildren();
    }
    if (message.position !== undefined) this.after = message.position;
    if (message.type === "heartbeat") return;
    if (message.type !== "reset") {
      this.coming.push(message);
      this.settle();
    }
    this.changed();
  }

  // The first at once; what comes while the list still glides, together after that: a list that is
  // pushed on while it moves jumps.
  settle() {
    if (this.gliding || this.coming.length === 0) return;
    this.gliding = true;
    const together = this.coming;
    this.coming = [];
    glide(list, () => together.forEach((message) => this.show(message)));
    setTimeout(() => {
      this.gliding = false;
      this.settle();
    }, GLIDE);
  }

  show(message) {
    const words = sentence(message);
    isAtLeast(message.recorded_at ?? words.at);
    const entry = element("li", {},
      element("button", { type: "button", "data-state": message.severity ?? "untracked" },
        element("span", { class: "feed-head" },
          pill(words.state),
          element("strong", {}, message.external_id),
          element("time", { datetime: words.at, title: words.at }, ago(words.at))),
        element("span", { class: "feed-title" }, message.title ?? ""),
        element("span", { class: "feed-words" }, words.text)));
    entry.firstChild.addEventListener("click", () => this.open(message.ticket_id));
    list.prepend(entry);
    while (list.children.length > SHOWN) list.lastChild.remove();
    empty.hidden = true;
    count.textContent = `latest ${list.children.length}`;
  }

  say(state) {
    this.state = state;
    const shown = state === "live" && this.blind ? "blind" : state;
    link.dataset.link = shown;
    if (link.textContent !== WORDS[shown]) link.textContent = WORDS[shown];
  }

  // Whether what arrives here can be all that there is.
  isBlind(blind) {
    this.blind = blind;
    this.say(this.state);
  }

  tick() {
    for (const time of list.querySelectorAll("time")) time.textContent = ago(time.dateTime);
  }
}

function sentence(message) {
  const clock = capital(message.clock ?? "");
  const who = `${message.priority}, ${message.customer_tier}`;
  switch (message.type) {
    case "escalation":
      return {
        state: `level ${message.escalation_level}`,
        at: message.raised_at,
        text: `${levelNamed(message.escalation_level, message.level_name) ? message.level_name : "Escalated"} · ${clock} · ${who}`,
      };
    case "retracted":
      return {
        state: "withdrawn",
        at: message.raised_at,
        text: `${capital(message.milestone.replace(":", " "))} of ${clock.toLowerCase()} withdrawn · ${message.reason ?? who}`,
      };
    case "acknowledged":
      return {
        state: "acknowledged",
        at: message.raised_at,
        text: `By ${called(message.acknowledged_by ?? "somebody")} until ${moment(message.acknowledged_until)}`,
      };
    default:
      return {
        state: message.severity,
        at: message.raised_at,
        text: `${clock} due ${moment(message.due_at)} · ${who}`,
      };
  }
}
