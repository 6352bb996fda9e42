-- A question about one ticket, asked of rows that were folded from the log, under the tables' names.
WITH tickets AS (
    SELECT * FROM jsonb_populate_recordset(null::tickets, %(tickets)s::jsonb)
),
ticket_clocks AS (
    SELECT * FROM jsonb_populate_recordset(null::ticket_clocks, %(ticket_clocks)s::jsonb)
),
ticket_status_history AS (
    SELECT *
    FROM jsonb_populate_recordset(null::ticket_status_history, %(ticket_status_history)s::jsonb)
)
SELECT * FROM (
    {question}
) answer
