-- How each rotation's calendars were read last. What they say is in the log; this is about reading
-- them: whoever takes a row's turn reads them, and nobody else for a while.
create table on_call_calendars (
    rotation     text primary key,
    tried_at     timestamptz not null,
    tried_by     text not null,
    -- When all of them could be read last, and why not since.
    read_at      timestamptz,
    error        text,
    -- Within two weeks of read_at: {"start", "said"}, {"start", "end"}, sentences.
    strangers    jsonb not null default '[]',
    gaps         jsonb not null default '[]',
    doubts       jsonb not null default '[]'
);
