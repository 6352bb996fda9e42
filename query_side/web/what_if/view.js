// The view What-if: what is supposed on the one side, what would come of it on the other. A run is a
// job of the service; its id is in the address.

import { go } from "../shared/address.js";
import { ask, file, tell } from "../shared/api.js";
import { arrange } from "../shared/keyed.js";
import { save } from "../shared/save.js";
import { Shell } from "../shared/shell.js";
import { instant, typed } from "../shared/typed.js";
import { capital, counted, element, exactly } from "../shared/words.js";
import { zone } from "../shared/zone.js";
import { Editor } from "./editor.js";
import { Job, OVER } from "./job.js";
import { Knobs } from "./knobs.js";
import { showPast } from "./past.js";
import { showPlanned } from "./planned.js";

const EVERY = 30000; // ms between looks for another version, and for runs of others
const MOST_RUNS = 12;
const KINDS = { what_if: "The past", planned_change: "Open tickets" };

const form = document.querySelector("#suppose");
const refused = document.querySelector("#refused");
const answer = document.querySelector("#answer");
const title = document.querySelector("#answer-title");
const when = document.querySelector("#of-when");
const csv = document.querySelector("#csv");
const runs = document.querySelector("#runs");
const nothing = answer.firstElementChild;

let known = null; // the configuration in force, and what of it can be moved
let shown = null; // the job whose answer is shown

const knobs = new Knobs(document.querySelector("#sliders"), changed);
const editor = new Editor(changed);
const shell = new Shell(async () => {
  await Promise.all([learn(), list()]);
}, { every: EVERY });
const job = new Job(told, (error) => shell.report(error));

async function learn() {
  const found = await ask("/what-if");
  if (known?.policy_version === found.policy_version) return;
  const untouched = known === null || (knobs.size === 0 && editor.value === known.config);
  known = found;
  document.querySelector("#base").textContent = `version ${found.policy_version} is in force`;
  if (untouched) asItIs();
  if (shown) restore(shown);
}

function asItIs() {
  knobs.show(known);
  editor.value = known.config;
  say([]);
  changed();
}

function changed() {
  if (!known) return;
  const yaml = form.elements.way.value === "yaml";
  const some = yaml ? editor.value !== known.config : knobs.size > 0;
  document.querySelector("#changed").textContent = yaml ? (some ? "Edited" : "As it is in force")
    : some ? counted(knobs.size, "change") : "Nothing is changed yet";
  document.querySelector("#as-it-is").disabled = !some;
}

function arrangeForm() {
  const yaml = form.elements.way.value === "yaml";
  document.querySelector("#sliders").hidden = yaml;
  document.querySelector("#yaml").hidden = !yaml;
  document.querySelector("#period").hidden = form.elements.about.value !== "past";
  changed();
}

// Days are whole days of the zone that the bar names.
function midnight(day) {
  return day ? instant(`${day}T00:00`) : null;
}

function question() {
  const { way, about, since, until, group_by: groups } = form.elements;
  const asked = way.value === "yaml" ? { config: editor.value } : { changes: knobs.changes() };
  if (about.value !== "past") return { ...asked, about: about.value };
  return { ...asked, since: midnight(since.value), until: midnight(until.value), group_by: groups.value.split(","), time_zone: zone };
}

async function run() {
  say([]);
  try {
    const made = await tell("/what-if", question());
    look(made.job_id);
    await list();
  } catch (error) {
    if (!error.errors.length) say([{ words: error.message }]);
    else say(error.errors.map(({ loc, msg }) => located(loc, msg)));
  }
}

// Where a mistake is: a line of the YAML, or a knob.
function located(loc, msg) {
  const line = /^config:(\d+): (.*)$/s.exec(msg);
  if (line) return { words: `Line ${line[1]}: ${line[2]}`, line: Number(line[1]) };
  const key = loc.slice(2).join(".");
  const row = loc[1] === "changes" ? knobs.wrong(key) : null;
  return { words: `${key || loc.slice(1).join(".")}: ${msg}`, row };
}

function say(mistakes) {
  refused.hidden = mistakes.length === 0;
  refused.replaceChildren(...mistakes.map(({ words, line, row }) => {
    if (!line && !row) return element("li", {}, words);
    const there = element("button", { type: "button" }, words);
    there.addEventListener("click", () => {
      if (line) return editor.goTo(line);
      row.closest("details").open = true;
      row.querySelector("input, select").focus();
    });
    return element("li", {}, there);
  }));
  editor.number(mistakes.map(({ line }) => line).filter(Boolean));
}

// The address names the job: whoever opens it sees the same.
function look(id) {
  const address = new URL(location.href);
  if (id === null) address.searchParams.delete("job");
  else address.searchParams.set("job", id);
  go(address);
  watch();
}

function watch() {
  const id = new URLSearchParams(location.search).get("job");
  if (id !== null && id === shown?.job_id && id === job.id) return; // a ticket was opened or closed
  if (id === null) told(null);
  else if (shown !== null && shown.job_id !== id) answer.setAttribute("data-old", "");
  job.watch(id);
}

function told(found) {
  answer.removeAttribute("data-old");
  csv.hidden = found?.state !== "done";
  title.textContent = found?.kind === "planned_change" ? "What would become of open tickets" : "What would have been";
  when.replaceChildren();
  if (found === null) {
    shown = null;
    answer.replaceChildren(nothing);
    return;
  }
  if (shown?.job_id !== found.job_id) restore(found);
  shown = found;
  if (!OVER.includes(found.state)) {
    if (!answer.querySelector(".lead")) answer.replaceChildren();
    else answer.setAttribute("data-old", "");
    return;
  }
  list().catch((error) => shell.report(error));
  if (found.state !== "done") {
    answer.replaceChildren(element("p", { class: found.error ? "refused" : "empty" }, found.error ?? "It was cancelled."));
    return;
  }
  when.replaceChildren("as of ", exactly(found.result.at));
  (found.kind === "planned_change" ? showPlanned : showPast)(answer, found.result, (id) => shell.open(id));
}

// The form as it was when the job was asked for.
function restore({ input, kind }) {
  if (!known) return;
  const { way, about, since, until, group_by: groups } = form.elements;
  if (input.changes) knobs.set(input.changes);
  else editor.value = input.config;
  way.value = input.changes ? "sliders" : "yaml";
  about.value = kind === "planned_change" ? "open_tickets" : "past";
  since.value = day(input.since);
  until.value = day(input.until);
  if (input.group_by) groups.value = input.group_by.join(",");
  arrangeForm();
}

function day(at) {
  return at ? typed(at).slice(0, 10) : "";
}

async function list() {
  const { items } = await ask("/jobs", { limit: 50 });
  const ours = items.filter(({ kind }) => kind in KINDS).slice(0, MOST_RUNS);
  const here = new URLSearchParams(location.search).get("job");
  arrange(runs, ours.length ? ours.map((one) => {
    const address = new URL(location.href);
    address.searchParams.set("job", one.job_id);
    address.hash = "";
    return element("li", { "data-key": one.job_id },
      element("a", { href: `${address.pathname}${address.search}`, "aria-current": one.job_id === here ? "true" : null },
        KINDS[one.kind], ", ", exactly(one.created_at)),
      element("span", { class: "muted" }, capital(one.state)));
  }) : [element("li", { class: "muted" }, "None yet.")]);
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
form.addEventListener("change", arrangeForm);
document.querySelector("#as-it-is").addEventListener("click", asItIs);
csv.addEventListener("click", async () => {
  try {
    save(await file(`/jobs/${shown.job_id}`, { format: "csv" }), `${shown.kind}-${shown.job_id}.csv`);
  } catch (error) {
    shell.report(error);
  }
});
window.addEventListener("popstate", watch);
arrangeForm();
await shell.start();
watch();
