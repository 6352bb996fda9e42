// Audit: one ticket, how its clocks stood at any instant by what was known at any, and why.

import { ask } from "../shared/api.js";
import { Shell } from "../shared/shell.js";
import { timeline } from "../shared/timeline.js";
import { element, learnClock, moment, serverNow } from "../shared/words.js";
import { arrange } from "../shared/keyed.js";
import { zone } from "../shared/zone.js";
import { change, readView } from "./address.js";
import { choices, differ } from "./differ.js";
import { Drawing } from "./drawing.js";
import { Find } from "./find.js";
import { heard, Instants } from "./instants.js";
import { passing } from "./pass.js";
import { point, story } from "./story.js";
import { use } from "./use.js";

const shell = new Shell(refresh);
const find = new Find((error) => shell.report(error));
const instants = new Instants();
const drawing = new Drawing((key) => change({ in_sight: key }), point);
const ticket = document.querySelector("#ticket");
const sides = document.querySelector("#sides");
const picture = document.querySelector("#drawing");
const asked = document.querySelector("#asked");

let latest = 0; // of what is asked: an answer that comes later than another's is not shown

async function refresh() {
  const view = readView();
  const mine = ++latest;
  if (view.ticket === null) {
    show(false);
    return find.refresh(false);
  }
  const { path, question } = about(view);
  const at = { ...question, as_of: view.as_of, known_at: view.known_at };
  const isNow = view.as_of === null && view.known_at === null;
  const known = timeline(path, question);
  const [facts, all, then] = await Promise.all([
    ask(path, question), known,
    Promise.all([
      ask(`${path}/stretches`, at), ask(`${path}/breakdown`, at), isNow ? known : timeline(path, at),
    ]).catch(refused),
  ]);
  if (mine !== latest) return;
  show(true); // all at once: nothing that is seen jumps
  head(facts);
  const stops = heard(all.entries);
  instants.show(all.entries, view);
  for (const one of [picture, sides]) one.hidden = then instanceof Error;
  if (then instanceof Error) {
    asked.textContent = then.message;
    return;
  }
  const [lanes, parts, told] = then;
  if (isNow) learnClock(lanes.at);
  tell(view, lanes);
  drawing.show(lanes, told.entries, view.in_sight);
  story(told.entries, [...stops.keys()].sort((a, b) => Date.parse(a) - Date.parse(b)));
  use(parts.cycles, lanes.cycles);
  choices(stops, view);
  await Promise.all([
    find.refresh(true),
    differ(path, view, { ...question, tz: zone }, new Date(serverNow()).toISOString()),
  ]);
}

// Nothing was known of it then, or it would be too much to draw: that is said, and can be changed.
function refused(error) {
  if (error.status === 404 || error.status === 422) return error;
  throw error;
}

function show(there) {
  for (const one of [ticket, sides]) one.hidden = !there;
}

function about({ ticket: name, source }) {
  return { name, path: `/tickets/${encodeURIComponent(name)}`, question: { source } };
}

function head(facts) {
  document.querySelector("#ticket-eyebrow").textContent = `${facts.external_id} · ${facts.source}`;
  document.querySelector("#ticket-title").textContent = facts.title || facts.external_id;
  const now = [facts.priority, facts.customer_tier, facts.status, facts.assigned_to ?? "nobody", facts.team, facts.organization];
  arrange(document.querySelector("#ticket-facts"), [
    document.createTextNode(`Now ${now.filter(Boolean).join(" · ")} · opened `), element("time", { datetime: facts.created_at }, moment(facts.created_at))]);
  document.title = `${facts.external_id} · ${document.title.split(" · ").slice(-2).join(" · ")}`;
}

function tell(view, lanes) {
  const known = view.known_at === null ? "all that is known now" : `what was known ${moment(view.known_at)}`;
  asked.textContent = `As it stood ${moment(lanes.at)}, by ${known}.`
    + (lanes.cycles.length ? "" : " By then nothing was promised to it, or it was not there yet.");
}

passing(() => {
  const view = readView();
  const { name, path, question } = about(view);
  return { name, path, question: { ...question, as_of: view.as_of, known_at: view.known_at, tz: zone } };
}, (error) => shell.report(error));

for (const event of ["address", "popstate"]) window.addEventListener(event, () => shell.refresh());
shell.start();
