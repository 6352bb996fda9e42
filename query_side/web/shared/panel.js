// How what lies over the board is closed: by its button, by Escape, or by a click beside it.

export function closable(dialog) {
  document.querySelector(`#${dialog.id}-close`).addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close(); // beside it
  });
}
