// What is excused, in words.

export const NAMES = {
  customer_tier: "tier", priority: "priority", team: "team", organization: "organization", type: "type",
  source: "source", tags: "tag",
};
export const LACKING = "Excusing time needs a token with the scope “admin”; yours has it not.";
export const STATES = { planned: "planned", in_force: "in force", ended: "ended", withdrawn: "withdrawn" };

// As in `tier gold and priority P0 or P1, all clocks`.
export function whom({ match, unless, clocks }) {
  const all = conditions(match).join(" and ") || "every ticket";
  const but = conditions(unless).map((one) => ` but not ${one}`).join("");
  return `${all}${but} · ${clocks === null ? "all clocks" : clocks.map((name) => name.replaceAll("_", " ")).join(", ")}`;
}

// As in `severity warning or critical`, for each that is asked.
export function conditions(asked, names = NAMES) {
  return Object.entries(asked).map(([name, given]) => {
    const values = (Array.isArray(given) ? given : [given])
      .map((one) => (one === null ? "nothing" : one === "*" ? "anything" : String(one)));
    return `${names[name] ?? name.replace("fields.", "").replaceAll("_", " ")} ${values.join(" or ")}`;
  });
}
