// The look's colours, as a canvas takes them, and when they become others.

const probe = document.createElement("i");
probe.hidden = true;
document.body.append(probe);

// `name`: of a variable of the style sheet, without its dashes, as in "breached" or "series-2".
export function colour(name) {
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

// Light or dark, screen or paper.
export function onRepaint(draw) {
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  for (const query of ["(prefers-color-scheme: dark)", "print"]) matchMedia(query).addEventListener("change", draw);
}
