// What is in force or planned, however long ago it was said, and then the latest of what is over.

import { ask } from "./api.js";

export async function standing(path, size, position) {
  const now = await ask(path, { over: false, limit: size, wait_for: position });
  const past = await ask(path, { over: true, limit: Math.max(1, size - now.items.length), wait_for: position });
  return { items: [...now.items, ...past.items], total: now.total + past.total };
}
