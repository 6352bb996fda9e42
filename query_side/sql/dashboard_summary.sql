-- How many tickets are in which state, whichever states the page shows. Tickets that time alone
-- does not change any more, most of them, are counted from an index of a few bytes each; the others
-- have a deadline, and are counted from the index of those.
SELECT sla_state, count(*)
FROM (
    SELECT t.state AS sla_state
    FROM tickets t
    WHERE coalesce(t.warning_at, t.critical_at, t.breached_at) IS NULL AND {filters}
    UNION ALL
    SELECT {sla_state}
    FROM tickets t
    WHERE t.due_at IS NOT NULL
        AND coalesce(t.warning_at, t.critical_at, t.breached_at) IS NOT NULL AND {filters}
) counted
GROUP BY 1
