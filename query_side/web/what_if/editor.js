// The YAML with the numbers of its lines; those with a mistake are marked, and can be gone to.

import { element } from "../shared/words.js";

export class Editor {
  // `changed()`: somebody has typed.
  constructor(changed) {
    this.text = document.querySelector("#config");
    this.lines = document.querySelector("#lines");
    this.text.addEventListener("input", () => {
      this.number([]);
      changed();
    });
    this.text.addEventListener("scroll", () => { this.lines.scrollTop = this.text.scrollTop; });
  }

  get value() {
    return this.text.value;
  }

  set value(text) {
    this.text.value = text;
    this.number([]);
  }

  number(wrong) {
    const count = this.text.value.split("\n").length;
    const marked = new Set(wrong);
    this.lines.replaceChildren(...Array.from({ length: count }, (_, line) =>
      element("span", { "data-wrong": marked.has(line + 1) ? "" : null }, String(line + 1))));
    this.lines.scrollTop = this.text.scrollTop;
    if (marked.size) this.text.setAttribute("aria-invalid", "true");
    else this.text.removeAttribute("aria-invalid");
  }

  goTo(line) {
    const all = this.text.value.split("\n");
    const start = all.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    this.text.focus();
    this.text.setSelectionRange(start, start + (all[line - 1]?.length ?? 0));
    const height = this.text.scrollHeight / all.length;
    this.text.scrollTop = Math.max(0, (line - 4) * height);
  }
}
