// What is looked at, as the address holds it: a view can be passed on, and Back goes to the last one.

// The names by which tickets are filtered, wherever tickets are shown.
export const LISTS = ["priority", "customer_tier", "status", "assigned_to", "team", "type", "rule", "organization"];

// The chosen values of each; null among the assignees: nobody.
export function readLists() {
  const given = new URLSearchParams(location.search);
  const chosen = {};
  for (const name of LISTS) chosen[name] = given.getAll(name).filter((value) => value.trim() !== "");
  if (given.get("unassigned") === "true") chosen.assigned_to.push(null);
  return chosen;
}

// Into a query.
export function writeLists(query, chosen) {
  for (const name of LISTS) {
    for (const value of chosen[name]) {
      if (value === null) query.set("unassigned", "true");
      else query.append(name, value);
    }
  }
}

// The chosen values of a list as the API takes them: a name with a comma is that name, and no list.
export function meant(values) {
  return values.filter((value) => value !== null).map((value) => value.replaceAll(",", "\\,"));
}

// A message in Slack links to #ticket/<id>. What cannot be decoded is an id as it stands.
export function readTicket() {
  const given = location.hash.match(/^#\/?ticket\/(.+)$/)?.[1];
  if (given === undefined) return null;
  try {
    return decodeURIComponent(given);
  } catch {
    return given;
  }
}

export function openTicket(id) {
  const address = new URL(location.href);
  address.hash = `ticket/${encodeURIComponent(id)}`;
  go(address, { opened: true }, false);
}

// Where the page itself opened it, closing is going back: Back does not open it again.
export function closeTicket() {
  if (readTicket() === null) return;
  if (history.state?.opened) {
    history.back();
    return;
  }
  const address = new URL(location.href);
  address.hash = "";
  go(address, null, true);
}

// Another view of the same document; whoever listens hears "address".
export function go(address, state = history.state, replace = false) {
  if (address.href === location.href) return;
  if (replace) history.replaceState(state, "", address);
  else history.pushState(state, "", address);
  window.dispatchEvent(new Event("address"));
}
