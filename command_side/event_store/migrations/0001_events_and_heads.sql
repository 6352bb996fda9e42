-- The log (events) and what the next decision about each stream starts from (heads).

create table events (
    originator_id      uuid        not null,
    originator_version bigint      not null,
    notification_id    bigint      not null,  -- the position: dense, given out by append_events
    occurred_at        timestamptz not null,  -- the source's time
    recorded_at        timestamptz not null,  -- ours; never runs against the position
    observed_at        timestamptz,           -- with revision: the observation key, or null
    revision           bigint,
    topic              text        not null,
    state              bytea       not null,  -- JSON without the personal part
    personal           bytea,                 -- a byte for the scheme, 16 of salt, then JSON
    commitment         bytea,                 -- sha256(personal); outlives an erasure
    correlation_id     text,
    content_hash       bytea,                 -- of an observation's or conflict's content
    hash               bytea       not null,  -- of this event, but for its version and position
    link               bytea,                 -- of the append that ends here, and all before it
    primary key (originator_id, originator_version)
);

-- Not unique: the order lock sees to that, and a unique index on the position alone could not
-- exist on a table partitioned by originator_id.
create index events_position on events (notification_id);

create unique index events_observation on events (originator_id, observed_at, revision)
    where observed_at is not null;
create unique index events_conflict on events (originator_id, content_hash)
    where observed_at is null and content_hash is not null;

-- Rows never change, so vacuum only has to freeze them and keep the visibility map: a little
-- at a time. Statistics follow the growing positions.
alter table events set (
    autovacuum_vacuum_insert_scale_factor = 0.05,
    autovacuum_analyze_scale_factor = 0.02
);

-- Facts are long and repeat themselves. Compressing them happens under the order lock, and lz4
-- takes far less of that time; not every server was built with it.
do $$
begin
    alter table events alter column state set compression lz4;
exception when feature_not_supported then
    null;
end
$$;

create table heads (
    ticket_id   uuid   not null,
    source      text   not null,
    external_id text   not null,
    version     bigint not null,  -- of the stream's last event
    state       bytea  not null,  -- the writer's own; empty: none was ever given
    next_due_at timestamptz,      -- the earliest milestone that has not been raised
    primary key (ticket_id)
);

create index heads_next_due_at on heads (next_due_at) where next_due_at is not null;
create index heads_external_id on heads (external_id);

-- Every append rewrites a head. An update that moves next_due_at cannot be HOT, but the others
-- can if the page has room, and either kind frees space that the page's next update reuses.
-- Dead entries gather at the early end of heads_next_due_at, which every tick reads first:
-- vacuum often. A head of up to 8 kB stays in its row, uncompressed.
alter table heads set (
    fillfactor = 60,
    toast_tuple_target = 8160,
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_cost_delay = 1,
    autovacuum_analyze_scale_factor = 0.05
);

-- Row by row, so that a later migration can let one narrow change through (personal becomes
-- null, every other column stays) by replacing this function.
create function refuse_change_of_events() returns trigger language plpgsql as $$
begin
    raise exception 'events are append-only: % refused', tg_op
        using errcode = 'restrict_violation',
              hint = 'Record a correcting event instead.';
end
$$;

create trigger events_are_append_only before update or delete on events
    for each row execute function refuse_change_of_events();
create trigger events_are_never_truncated before truncate on events
    for each statement execute function refuse_change_of_events();
