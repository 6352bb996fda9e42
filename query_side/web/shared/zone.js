// In which time zone instants are shown and typed: the viewer's own, or UTC; kept on this device.

import { device } from "./keep.js";

const NAME = "sla.zone";

export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;
export const zone = device.get(NAME) === "UTC" ? "UTC" : HERE;

// All that is shown, and whatever is half typed, is of the other zone from then on.
export function switchZone() {
  device.set(NAME, zone === "UTC" ? "own" : "UTC");
  location.reload();
}

// Midnight after an instant, there.
export function nextMidnight(instant) {
  const midnight = new Date(instant);
  if (zone === "UTC") midnight.setUTCHours(24, 0, 0, 0);
  else midnight.setHours(24, 0, 0, 0);
  return midnight;
}
