-- Long work that somebody has asked for, and what came of it: whichever process is asked answers for
-- it. Whoever takes a row does it in a process apart, and says so again and again until it is over.
create table jobs (
    job_id       uuid primary key,
    kind         text not null,
    input        json not null,          -- of the kind: what was asked
    state        text not null default 'waiting',
    created_at   timestamptz not null,
    started_at   timestamptz,            -- by whoever is at it now, or was last
    ended_at     timestamptz,
    done         bigint not null default 0,
    total        bigint,                 -- null: not known yet
    attempts     integer not null default 0,
    taken_by     text not null default '',
    taken_until  timestamptz,            -- somebody is at it, who says so again before then
    error        text,                   -- why it failed, in words
    result       json,                   -- of the kind: the answer
    constraint known_state check (state in ('waiting', 'running', 'done', 'failed', 'cancelled'))
);

create index jobs_under_way on jobs (created_at, job_id) where state in ('waiting', 'running');
create index jobs_ended on jobs (ended_at) where ended_at is not null;
