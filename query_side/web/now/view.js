// Now: board, feed, and what can be done from here, put together.

import { Shell } from "../shared/shell.js";
import { Board } from "./board.js";
import { Excuses } from "./excuses.js";
import { Feed } from "./feed.js";
import { Silences } from "./silences.js";
import { Sources } from "./sources.js";

let started = false;

const shell = new Shell(refresh, { watched });
const open = (id) => shell.open(id);
const changed = (position) => shell.refresh(position); // by whoever sits here: they want to see it
const board = new Board(open, shell);
const feed = new Feed(open, () => shell.refreshSoon());
const excuses = new Excuses(changed);
const sources = new Sources(changed);
const silences = new Silences(open);

async function refresh(position) {
  await board.refresh(position);
  if (!started) {
    started = true;
    try {
      await feed.start();
    } catch (error) {
      started = false; // the next refresh tries again
      throw error;
    }
  }
  await Promise.all([excuses.refresh(position), sources.refresh(), silences.refresh(position)]);
}

function watched(blind) {
  board.isBlind(blind);
  feed.isBlind(blind);
}

shell.drawer.told = changed;
shell.drawer.offerMuting((ticket) => silences.like(ticket));
shell.start();
