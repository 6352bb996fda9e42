// What is typed into a form, as the API takes it.

// What is typed is the viewer's own time.
export function instant(local) {
  return new Date(local).toISOString();
}

export function list(text) {
  return text.split(",").map((one) => one.trim()).filter(Boolean);
}

// A time zone without a rule says nothing.
export function recurrence({ rrule, time_zone: zone }) {
  const rule = rrule.value.trim();
  return rule ? { rrule: rule, time_zone: zone.value.trim() } : { rrule: null, time_zone: null };
}
