-- The tables of the board as they were: under their own names, for whatever else this transaction asks.
CREATE TEMPORARY TABLE settled_tickets (ticket_id uuid PRIMARY KEY) ON COMMIT DROP;
CREATE TEMPORARY TABLE replayed_tickets (LIKE tickets INCLUDING DEFAULTS INCLUDING GENERATED)
    ON COMMIT DROP;
CREATE TEMPORARY TABLE replayed_clocks (LIKE ticket_clocks INCLUDING DEFAULTS INCLUDING GENERATED)
    ON COMMIT DROP
