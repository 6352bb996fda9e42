// A report, at once; or as a job, where too much of the past has to be replayed while somebody waits.

import { addressed, ask, tell } from "../shared/api.js";
import { duration } from "../shared/words.js";

const AGAIN = 700; // ms
const PATH = "/reports/attainment";

const replaying = document.querySelector("#replaying");
const progress = replaying.querySelector("progress");
const howFar = replaying.querySelector("span");

// What was replayed by what was known then stays so: it is not asked for twice.
const answers = new Map();

// `goesOn()`: whether the answer is still waited for.
export async function report(question, goesOn) {
  const key = JSON.stringify(question);
  if (answers.has(key)) return answers.get(key);
  try {
    return await ask(PATH, question);
  } catch (error) {
    const past = question.as_of ?? question.known_at;
    if (error.status !== 422 || !past) throw error;
    const answer = await replayed(await tell(addressed(`${PATH}/jobs`, question)), goesOn);
    if (answer) answers.set(key, answer);
    return answer;
  } finally {
    replaying.hidden = true;
  }
}

// Null: nobody waits for it any more.
async function replayed(job, goesOn) {
  while (goesOn()) {
    if (job.state === "done") return job.result;
    if (["failed", "cancelled"].includes(job.state)) throw new Error(job.error ?? "Somebody has cancelled the report.");
    say(job);
    await new Promise((done) => setTimeout(done, AGAIN));
    job = await ask(job.href);
  }
  return null;
}

function say(job) {
  replaying.hidden = false;
  progress.hidden = !job.total;
  progress.max = job.total || 1;
  progress.value = job.done;
  const left = job.remaining_seconds === null ? "" : `, about ${duration(job.remaining_seconds)} left`;
  howFar.textContent = job.total ? `${job.done.toLocaleString()} of ${job.total.toLocaleString()} tickets are replayed${left}`
    : "Much of the past has to be replayed for this; it waits for its turn";
}
