// What a command was refused for, said beside it; with another token, where that may help.

import { changeToken } from "./token.js";
import { element } from "./words.js";

// `lacking`: what to say of a token that may not do it.
export function refuse(place, error, lacking) {
  place.replaceChildren(error.message);
  if (error.status === 403) {
    const other = element("button", { type: "button", class: "quiet" }, "Use another token");
    other.addEventListener("click", async () => {
      await changeToken();
      place.hidden = true;
    });
    place.replaceChildren(`${lacking} `, other);
  }
  place.hidden = false;
}
