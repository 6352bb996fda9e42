-- Copies of this database that were restored elsewhere, and verified there. When the newest was taken
-- is what monitoring asks; a row a backup.
create table verified_backups (
    taken_at    timestamptz not null,  -- it holds all that was committed by then
    verified_at timestamptz not null,
    position    bigint      not null,  -- the end of its log, with
    link        bytea       not null,  -- the chain's link there
    place       text        not null,  -- where it is kept, for people
    primary key (taken_at)
);
