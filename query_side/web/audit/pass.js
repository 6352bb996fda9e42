// Passing it on: on paper, as a file, as a link.

import { file } from "../shared/api.js";
import { save } from "../shared/save.js";

const copy = document.querySelector("#copy");
const SAID = 2000; // ms that a button says that it is done

// `asked()`: of which ticket, { path, question }.
export function passing(asked, report) {
  document.querySelector("#print").addEventListener("click", () => window.print());
  for (const format of ["csv", "json"]) {
    document.querySelector(`#as-${format}`).addEventListener("click", async () => {
      try {
        const { name, path, question } = asked();
        save(await file(`${path}/timeline`, { ...question, format }), `timeline-${name}.${format}`);
      } catch (error) {
        report(error);
      }
    });
  }
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      said("Copied");
    } catch {
      said("Copy it from the address line"); // a browser that lets nobody write there
    }
  });
}

function said(words) {
  copy.textContent = words;
  setTimeout(() => { copy.textContent = "Copy link"; }, SAID);
}
