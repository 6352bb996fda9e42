-- One row per cycle of each clock, as decided at counted_at. Rule, team, type, tier, priority,
-- organization, assigned_to and policy are those of stood_at, when it was breached, else when it
-- ended. Until then, and as long as nothing of it changes, stood_at is null: they are the ticket's,
-- which alone has the type and the assignee. What seldom changes stands first and last, as in tickets.
CREATE TABLE IF NOT EXISTS ticket_clocks (
    ticket_id uuid NOT NULL,
    clock text NOT NULL,
    cycle integer NOT NULL,
    policy integer NOT NULL,
    calendar text NOT NULL,
    started_at timestamptz NOT NULL,
    target_seconds double precision,
    team text,
    rule text,
    customer_tier text NOT NULL,
    priority text NOT NULL,
    organization text,
    type text,
    assigned_to text,
    state text NOT NULL,
    severity text NOT NULL,
    stopped_at timestamptz,
    first_stopped_at timestamptz,
    elapsed_seconds double precision NOT NULL,
    counted_at timestamptz NOT NULL,
    due_at timestamptz,
    warning_at timestamptz,
    critical_at timestamptz,
    breached_at timestamptz,
    overdue_from timestamptz,
    breached_at_unexcused timestamptz,
    overdue_from_unexcused timestamptz,
    resumes_at timestamptz,
    paused_seconds double precision NOT NULL DEFAULT 0,
    stood_at timestamptz,
    uncounted_seconds double precision NOT NULL DEFAULT 0,
    excused_seconds double precision NOT NULL DEFAULT 0,
    out_of_hours_seconds double precision NOT NULL DEFAULT 0,
    acknowledged_at timestamptz,
    PRIMARY KEY (ticket_id, clock, cycle)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- For what can still be met, soonest first: the few that run, or will by themselves, not the many
-- that ever ran.
CREATE INDEX IF NOT EXISTS ticket_clocks_ahead
    ON ticket_clocks (overdue_from) INCLUDE (ticket_id, due_at, state)
    WHERE state = 'running' OR resumes_at IS NOT NULL;
