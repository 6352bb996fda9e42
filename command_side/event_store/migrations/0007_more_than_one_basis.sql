-- Decisions rest on more than one stream: the configuration, and what is agreed not to count.
create function refuse_beyond(in_streams uuid[], in_versions bigint[]) returns boolean
language plpgsql volatile
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    stale uuid;
begin
    select basis.stream into stale
    from unnest(in_streams, in_versions) as basis (stream, version)
    join heads on heads.ticket_id = basis.stream and heads.version > basis.version
    limit 1;
    if stale is not null then
        raise exception 'stream % has gone beyond the version that was known then', stale
            using errcode = 'SLA01', hint = 'Read it, and decide again.';
    end if;
    return true;
end
$$;
