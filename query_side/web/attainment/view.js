// Attainment: how many promises were kept, in which weeks and by whom, and which cycles these are.

import { ask as get, file } from "../shared/api.js";
import { save } from "../shared/save.js";
import { Shell } from "../shared/shell.js";
import { learnClock, serverNow } from "../shared/words.js";
import { zone } from "../shared/zone.js";
import { change, filters, readView } from "./address.js";
import { ask } from "./asked.js";
import { budgets, goals } from "./budgets.js";
import { figures } from "./figures.js";
import { groups } from "./groups.js";
import { heat } from "./heat.js";
import { Lines } from "./lines.js";
import { line, period } from "./periods.js";
import { report } from "./report.js";
import { rows, wanted } from "./rows.js";

const EVERY = 60_000; // ms: what a report says changes slowly
const PROMISE = "clock,rule,tier,priority";

const shell = new Shell(refresh, { every: EVERY });
const lines = new Lines();
const main = document.querySelector("#main");
const cycles = document.querySelector("#cycles");

let latest = 0; // of what is asked: an answer that comes later than another's is not shown
let leads = false; // somebody has pressed a number

async function refresh() {
  try {
    await show();
    delete main.dataset.refused;
  } catch (error) {
    // What is asked now cannot be answered: the numbers of another question would be wrong.
    if (error.status === 422) main.dataset.refused = "true";
    throw error;
  }
}

async function show() {
  const mine = ++latest;
  learnClock((await get("/dashboard", { size: 1 })).at);
  const view = readView();
  const when = period(view, new Date(serverNow()));
  const asked = { ...filters(view), time_zone: zone };
  const goesOn = () => mine === latest;
  const of = (stretch, by) => report({ ...asked, ...instants(stretch), group_by: by }, goesOn);
  const during = line(when);
  const answers = await together([
    () => of(when, view.by), () => of(when.before, view.by), () => of(when, PROMISE),
    () => of(during, `${during.unit},clock`), () => of(when, "weekday,hour"),
  ], view);
  if (!goesOn()) return;
  const [found, before, promised, week, hours] = answers;
  const withGoal = promised.groups.filter(({ goal_percent: goal }) => goal !== null);
  ask(view, promised.groups.map(({ clock }) => clock), when);
  figures(found.total, before.total, withGoal, when, when.to > serverNow());
  lines.show(during, week.groups, goals(withGoal));
  groups(found.groups, before.groups, view);
  budgets(withGoal, view.promises !== null, promised.groups.length > 0);
  heat(hours.groups);
  await rows(view, wanted(view, { ...asked, ...instants(when) }));
  if (leads) cycles.scrollIntoView({ block: "start" });
  leads = false;
}

// What has to be replayed is asked for one by one: it is work for the service.
async function together(questions, { as_of: asOf, known_at: knownAt }) {
  if (!asOf && !knownAt) return Promise.all(questions.map((question) => question()));
  const answers = [];
  for (const question of questions) answers.push(await question());
  return answers;
}

function instants({ from, to }) {
  return { from: from.toISOString(), to: to.toISOString() };
}

// Links within the view change the address alone.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-rows], a[data-here]");
  if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    leads = link.hasAttribute("data-rows");
    const given = new URL(link.href).searchParams;
    change(Object.fromEntries([...new Set([...given.keys(), ...new URLSearchParams(location.search).keys()])]
      .map((name) => [name, given.has(name) ? given.getAll(name) : null])));
  }
  if (event.target.closest("[data-back]")) change({ rows: null, page: null });
});

for (const format of ["csv", "xlsx"]) {
  const saving = (button, path, name, question) => {
    document.querySelector(button).addEventListener("click", async () => {
      try {
        save(await file(path, { ...question(), format }), `${name}.${format}`);
      } catch (error) {
        shell.report(error);
      }
    });
  };
  const asked = () => {
    const view = readView();
    return { view, question: { ...filters(view), time_zone: zone, ...instants(period(view, new Date(serverNow()))) } };
  };
  saving(`#groups-${format}`, "/reports/attainment", "attainment", () => {
    const { view, question } = asked();
    return { ...question, group_by: view.by };
  });
  saving(`#cycles-${format}`, "/reports/cycles", "cycles", () => {
    const { view, question } = asked();
    return wanted(view, question);
  });
}

for (const event of ["address", "popstate"]) window.addEventListener(event, () => shell.refresh());
shell.start();
