-- One row per cycle, folded from the log to an instant; what CycleFacts say unless said otherwise.
-- Rule, team, type, tier, priority, organization, assigned_to and policy are as they stood when the
-- cycle was breached, else when it ended, else at that instant.
CREATE TEMPORARY TABLE replayed_cycles (
    ticket_id uuid NOT NULL,
    external_id text NOT NULL,
    source text NOT NULL,
    title text,                              -- of the ticket at the instant, as are
    status text NOT NULL,
    phase text NOT NULL,
    search text NOT NULL GENERATED ALWAYS AS (
        lower(external_id || ' ' || coalesce(title, '') || ' ' || coalesce(assigned_to, '')
              || ' ' || source || coalesce(' ' || organization, ''))
    ) STORED,
    clock text NOT NULL,
    cycle integer NOT NULL,
    rule text,
    team text,
    type text,
    tier text NOT NULL,
    priority text NOT NULL,
    organization text,
    assigned_to text,
    policy integer NOT NULL,
    state text NOT NULL,                     -- running | paused | met | breached | cancelled
    started_at timestamptz NOT NULL,
    stopped_at timestamptz,
    due_at timestamptz,
    breached_at timestamptz,
    overdue_from timestamptz,
    counted_at timestamptz NOT NULL,
    target_seconds double precision,
    elapsed_seconds double precision NOT NULL,
    paused_seconds double precision NOT NULL DEFAULT 0,
    excused_seconds double precision NOT NULL DEFAULT 0,
    out_of_hours_seconds double precision NOT NULL DEFAULT 0,
    uncounted_seconds double precision NOT NULL DEFAULT 0,
    breached_at_unexcused timestamptz,
    overdue_from_unexcused timestamptz,
    acknowledged_at timestamptz
) ON COMMIT DROP
