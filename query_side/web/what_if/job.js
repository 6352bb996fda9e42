// One job: how far it is, asked again and again until it is over.

import { ask, take } from "../shared/api.js";
import { duration } from "../shared/words.js";

const AGAIN = 700; // ms

const underWay = document.querySelector("#under-way");
const progress = document.querySelector("#progress");
const howFar = document.querySelector("#how-far");
const cancel = document.querySelector("#cancel");

export const OVER = ["done", "failed", "cancelled"];

export class Job {
  // `told(job)`: it is over, or is looked at for the first time; `failed(error)`: it cannot be asked.
  constructor(told, failed) {
    this.told = told;
    this.failed = failed;
    this.id = null;
    cancel.addEventListener("click", async () => {
      cancel.disabled = true;
      try {
        await take(`/jobs/${this.id}`);
      } catch (error) {
        this.failed(error);
      }
    });
  }

  // The one that is watched from now on; null: none.
  async watch(id) {
    this.id = id;
    cancel.disabled = false;
    underWay.hidden = true;
    let first = true;
    while (id !== null && this.id === id) {
      let job;
      try {
        job = await ask(`/jobs/${encodeURIComponent(id)}`);
      } catch (error) {
        if (this.id === id) this.failed(error);
        if (error.status) return; // else it may answer again
      }
      if (this.id !== id) return;
      if (job) {
        const over = OVER.includes(job.state);
        this.say(job, over);
        if (first || over) this.told(job);
        first = false;
        if (over) return;
      }
      await new Promise((done) => setTimeout(done, AGAIN));
    }
  }

  say(job, over) {
    underWay.hidden = over;
    if (job.total) {
      progress.max = job.total;
      progress.value = job.done;
    } else {
      progress.removeAttribute("value");
    }
    const left = job.remaining_seconds === null ? "" : `, about ${duration(job.remaining_seconds)} left`;
    howFar.textContent = job.state === "waiting" ? "It waits for its turn"
      : job.total ? `${job.done.toLocaleString()} of ${job.total.toLocaleString()} tickets${left}` : "It begins";
  }
}
