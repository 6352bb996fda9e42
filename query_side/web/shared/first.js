// What cannot wait until the page is there; no module, since those do.

// Light or dark as it was chosen, before anything is painted: no view flashes in the other.
try {
  const theme = localStorage.getItem("sla.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a browser that allows no storage: as the system says */ }

// The other views show the same tickets, where they show any: their links keep these filters.
{
  const kept = ["priority", "customer_tier", "assigned_to", "unassigned", "team", "type", "rule", "organization", "clock"];
  const keep = () => {
    const given = new URLSearchParams(location.search);
    const query = new URLSearchParams([...given].filter(([name]) => kept.includes(name)));
    for (const link of document.querySelectorAll("#views a")) link.search = query;
  };
  document.addEventListener("DOMContentLoaded", keep);
  document.addEventListener("click", keep, true); // and before that, too
  for (const moved of ["address", "popstate"]) window.addEventListener(moved, keep);
}
