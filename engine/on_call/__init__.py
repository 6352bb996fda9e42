"""Reading and fetching the calendars that say who is on call."""
