-- The times of recording never run against the positions, but for one kind of event: that which says
-- that the clock had been ahead and has been set back is dated by the clock as it is now. What lies
-- before it and is dated later was known by then at the latest.
do $migration$
declare
    before text := pg_get_functiondef('append_events'::regproc);
    after text := replace(
        before,
        'recorded := greatest(in_now, recorded);',
        'recorded := case when in_topics = array[''clock.set_back.v1''] then in_now
                         else greatest(in_now, recorded) end;');
begin
    if after = before then
        raise exception 'append_events is not as this migration knows it';
    end if;
    execute after;
end
$migration$;

-- When an event was known: recorded, or, if the clock was ahead then, when that was noticed. The
-- stream is command_side/set_back.py's.
create function known_at(in_position bigint, in_recorded_at timestamptz) returns timestamptz
language sql stable
as $$
    select least(in_recorded_at, (
        select min(recorded_at) from events
        where originator_id = '2ca27ae5-fcc5-5da5-a399-83314df93475'
          and notification_id > in_position))
$$;
