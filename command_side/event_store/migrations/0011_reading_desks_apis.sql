-- How far each desk's API has been read: when it was asked to be, and again and again. What was found
-- is in the log; this is about finding it: whoever takes a row's turn reads, and nobody else meanwhile.
create table desk_readings (
    source       text not null,
    what         text not null,
    since        timestamptz not null,
    cursor       jsonb not null,        -- of the API: what to ask for next
    asked_at     timestamptz not null,
    next_at      timestamptz,           -- when to go on; null: it is over
    taken_until  timestamptz,           -- somebody is at it, who says so again before then
    taken_by     text not null default '',
    done_at      timestamptz,           -- when all had been read last
    error        text,                  -- why not since
    waits        boolean not null default false,   -- that passes by itself
    tickets      bigint not null default 0,
    added        bigint not null default 0,    -- updates that nothing else had told
    known        bigint not null default 0,
    refused      bigint not null default 0,
    because      jsonb not null default '{}',  -- why some were refused, and how many of each
    primary key (source, what),
    constraint known_what check (what in ('backfill', 'reconciliation'))
);
