// Questions and commands to the server, and errors in words.

import { anotherToken, token } from "./token.js";

let welcome = false;

// Whether the last answer was none about a token.
export function isWelcome() {
  return welcome;
}

export class Refused extends Error {
  // `errors`: what is wrong, and where: [{loc, msg}].
  constructor(status, message, errors = []) {
    super(message);
    this.status = status;
    this.errors = errors;
  }
}

// A list is a parameter that is given once for each of its values.
export function ask(path, parameters = {}) {
  return send(addressed(path, parameters), {});
}

// The same as a file.
export function file(path, parameters = {}) {
  return send(addressed(path, parameters), {}, (answer) => answer.blob());
}

export function addressed(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== "" && one !== null && one !== undefined) query.append(name, one);
    }
  }
  return query.size ? `${path}?${query}` : path;
}

export function tell(path, body) {
  return send(path, { method: "POST", body: JSON.stringify(body) });
}

// Takes something back.
export function take(path, parameters = {}) {
  return send(addressed(path, parameters), { method: "DELETE" });
}

// How the service is doing: it says so when it cannot serve, too, and to everybody.
export async function health() {
  const answer = await reached("/health", { headers: { Accept: "application/json" } });
  try {
    return await answer.json();
  } catch {
    throw new Refused(answer.status, `The server answered ${answer.status}.`);
  }
}

async function send(path, request, read = (answer) => answer.json()) {
  for (;;) {
    const used = token();
    const headers = { Accept: "application/json" };
    if (request.body) headers["Content-Type"] = "application/json";
    if (used) headers.Authorization = `Bearer ${used}`;
    const answer = await reached(path, { ...request, headers });
    welcome = answer.status !== 401;
    if (answer.ok) return read(answer);
    if (!welcome) await anotherToken(used);
    else throw await refusal(answer);
  }
}

async function reached(path, request) {
  try {
    return await fetch(path, request);
  } catch {
    throw new Refused(0, "The server does not answer.");
  }
}

async function refusal(answer) {
  let detail;
  let errors;
  try {
    const problem = await answer.json();
    errors = problem.errors;
    const said = errors?.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`);
    detail = said?.length ? `${said.join("; ")}.` : problem.detail ?? problem.title;
  } catch { /* no words with it */ }
  return new Refused(answer.status, typeof detail === "string" ? detail : `The server answered ${answer.status}.`, errors);
}

// A browser's WebSocket cannot send headers: the token goes as the second subprotocol, in which
// only some characters may stand as they are.
export function liveSocket(after) {
  const url = new URL("/ws/alerts", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (after !== null) url.searchParams.set("after", after);
  const held = token();
  return held ? new WebSocket(url, ["bearer", written(held)]) : new WebSocket(url);
}

function written(held) {
  return encodeURIComponent(held).replace(/[()]/g, (sign) => (sign === "(" ? "%28" : "%29"));
}
