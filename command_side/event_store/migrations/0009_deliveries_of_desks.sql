-- What desks have sent, as it came: durable before it is answered, kept for some weeks. These are no
-- events: what they say of tickets becomes events, this is how they said it.
create table deliveries (
    delivery_id uuid primary key,
    source text not null,
    told_apart_by text,                 -- the desk's own id of it; null: the desk has none
    received_at timestamptz not null,
    headers jsonb not null,             -- those that matter, without secrets
    body bytea not null,
    state text not null,
    items jsonb not null,               -- what was read in it: see command_side.connect.inbox
    because text[] not null,
    tickets uuid[] not null,
    constraint known_state check (state in ('read', 'taken', 'ignored', 'parked'))
);
create unique index deliveries_told_apart on deliveries (source, told_apart_by);
create index deliveries_by_time on deliveries (source, received_at);
create index deliveries_unsettled on deliveries (received_at) where state in ('read', 'parked');

-- Names under which a ticket has gone on: an issue that was moved, a repository that was renamed.
create table ticket_names (
    source text not null,
    name text not null,
    external_id text not null,          -- under which its clocks are kept
    primary key (source, name)
);
create index ticket_names_by_name on ticket_names (name);
