-- For appends of what was decided by another stream's content (the configuration): refused when
-- that stream has gone beyond the version known then. To be called in the statement of the append,
-- after it: the order lock, held until the commit, keeps others from appending to that stream, and
-- a volatile function sees all that was committed before the lock was had.
create function refuse_beyond(in_stream uuid, in_version bigint) returns boolean
language plpgsql volatile
as $$
begin
    if (select version from heads where ticket_id = in_stream) > in_version then
        raise exception 'stream % has gone beyond version %', in_stream, in_version
            using errcode = 'SLA01', hint = 'Read it, and decide again.';
    end if;
    return true;
end
$$;
