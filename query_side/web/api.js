// Questions and commands to the server: the token, when one is asked for, and errors in words.

const TOKEN = "sla.token";

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function token() {
  return sessionStorage.getItem(TOKEN);
}

export function useToken(value) {
  sessionStorage.setItem(TOKEN, value.trim());
}

export function ask(path, parameters = {}) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== "" && value !== null && value !== undefined) query.set(name, value);
  }
  return send(query.size ? `${path}?${query}` : path, {});
}

export function tell(path, body) {
  return send(path, { method: "POST", body: JSON.stringify(body) });
}

async function send(path, request) {
  const headers = { Accept: "application/json" };
  if (request.body) headers["Content-Type"] = "application/json";
  if (token()) headers.Authorization = `Bearer ${token()}`;
  let answer;
  try {
    answer = await fetch(path, { ...request, headers });
  } catch {
    throw new Refused(0, "The server does not answer.");
  }
  if (answer.ok) return answer.json();
  let detail = `The server answered ${answer.status}.`;
  try {
    const problem = await answer.json();
    detail = problem.detail ?? problem.title ?? detail;
    if (typeof detail !== "string") detail = `The server answered ${answer.status}.`;
  } catch { /* no words with it */ }
  throw new Refused(answer.status, detail);
}

// A browser's WebSocket cannot send headers: the token goes as the second subprotocol.
export function liveSocket(after) {
  const url = new URL("/ws/alerts", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  if (after !== null) url.searchParams.set("after", after);
  return token() ? new WebSocket(url, ["bearer", token()]) : new WebSocket(url);
}
