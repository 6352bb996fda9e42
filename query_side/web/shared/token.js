// The token: asked for where one is needed, over whatever is shown, and shared by the browser's tabs.

import { device, session } from "./keep.js";

const NAME = "sla.token";
const OTHER_TABS = 200; // ms in which they answer
const WORDS = {
  401: "This service does not know that token. Is it complete?",
  403: "That token may not read the board. Ask whoever runs this service for one with the scope “read”.",
};

const dialog = document.querySelector("#sign-in");
const form = document.querySelector("#sign-in-form");
const refused = document.querySelector("#sign-in-refused");
const cancel = document.querySelector("#sign-in-cancel");
const leave = document.querySelector("#sign-out");
const tabs = "BroadcastChannel" in window ? new BroadcastChannel(NAME) : null;

let asking = null;
let answered = null;
let heard = () => {};

export function token() {
  return session.get(NAME) ?? device.get(NAME);
}

// Resolves once there is another token than the one that was refused.
export function anotherToken(used) {
  if (token() !== used) return Promise.resolve();
  asking ??= find(used).finally(() => { asking = null; });
  return asking;
}

export function isAsking() {
  return asking !== null;
}

// For somebody whose token may not do what they want; they may keep it.
export function changeToken() {
  return signIn("", true);
}

async function find(used) {
  const theirs = used === null ? await ofAnotherTab() : null;
  if (theirs === null) return signIn(used === null ? "" : "The token that was kept is not accepted any more.", false);
  session.set(NAME, theirs);
  shown();
}

// A token for this session lives in its tab; a new tab, opened by a link, asks the others.
function ofAnotherTab() {
  if (!tabs) return Promise.resolve(null);
  return new Promise((resolve) => {
    heard = resolve;
    tabs.postMessage({ asks: true });
    setTimeout(() => resolve(null), OTHER_TABS);
  });
}

tabs?.addEventListener("message", ({ data }) => {
  if (data.asks && session.get(NAME)) tabs.postMessage({ token: session.get(NAME) });
  if (data.token) heard(data.token);
  if (data.left) forget();
});

function signIn(why, mayCancel) {
  say(why);
  cancel.hidden = !mayCancel;
  if (!dialog.open) dialog.showModal();
  form.elements.token.focus();
  return new Promise((resolve) => { answered = resolve; });
}

function say(words) {
  refused.textContent = words;
  refused.hidden = words === "";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const given = form.elements.token.value.trim();
  form.elements.use.disabled = true;
  const fault = await tried(given);
  form.elements.use.disabled = false;
  if (fault) {
    say(fault);
    form.elements.token.select();
    return;
  }
  const [keeps, other] = form.elements.remember.checked ? [device, session] : [session, device];
  other.remove(NAME);
  keeps.set(NAME, given);
  form.reset();
  shown();
  done();
});

// What is wrong with it, in words; null: nothing.
async function tried(given) {
  let headers;
  try {
    headers = new Headers({ Accept: "application/json", Authorization: `Bearer ${given}` });
  } catch {
    return "That is no token: it holds a character that none has.";
  }
  try {
    const { ok, status } = await fetch("/dashboard?size=1", { headers });
    return ok ? null : WORDS[status] ?? `It cannot be tried now: the service answered ${status}.`;
  } catch {
    return "It cannot be tried now: the service does not answer.";
  }
}

function done() {
  const resolve = answered;
  answered = null;
  dialog.close();
  resolve?.();
}

// Without a token there is nothing to see: Escape would leave an empty page. A browser may close with
// one key all dialogs that it has opened by itself: the ticket below would be gone, too.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && dialog.open && cancel.hidden) event.preventDefault();
});
dialog.addEventListener("cancel", (event) => {
  if (cancel.hidden) event.preventDefault();
});
dialog.addEventListener("close", () => {
  if (answered === null) return;
  if (cancel.hidden) dialog.showModal();
  else done();
});
cancel.addEventListener("click", done);

function forget() {
  session.remove(NAME);
  device.remove(NAME);
  location.reload();
}

leave.addEventListener("click", () => {
  tabs?.postMessage({ left: true });
  forget();
});

function shown() {
  leave.hidden = token() === null;
}
shown();
