// Before anything is painted: light or dark as it was chosen, so that no view flashes in the other.
// No module: those run when the page is there.
try {
  const theme = localStorage.getItem("sla.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch { /* a browser that allows no storage: as the system says */ }
