-- The tables of the board as they were: under their own names, for whatever else this transaction asks.
CREATE TEMPORARY TABLE concerned_tickets (ticket_id uuid NOT NULL, settled boolean NOT NULL)
    ON COMMIT DROP;
CREATE TEMPORARY TABLE replayed_tickets (LIKE tickets INCLUDING DEFAULTS INCLUDING GENERATED)
    ON COMMIT DROP;
CREATE TEMPORARY TABLE replayed_clocks (LIKE ticket_clocks INCLUDING DEFAULTS INCLUDING GENERATED)
    ON COMMIT DROP
