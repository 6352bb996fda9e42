-- The same appends for less: a head is updated where it was found and locked, not looked for again;
-- columns are unnested side by side, where each in the FROM was stored apart before it was joined to
-- rows; and heads are only made where a stream may begin. Replaces a function: nothing is locked that
-- others use, and whoever calls it, of the release before too, gets the new one from then on.
create or replace function append_events(
    in_now timestamptz,
    in_ids uuid[],
    in_sources text[],
    in_external_ids text[],
    in_expected bigint[],  -- null: at any version; -1: a new stream that begins at version 0
    in_counts bigint[],  -- of events
    in_states bytea[],  -- null: keep the head's state and next_due_at
    in_dues timestamptz[],
    in_tickets bigint[],  -- per event: the ticket's place in the arrays above, from 1
    in_ordinals bigint[],  -- from 1 within its ticket
    in_topics text[],
    in_event_states bytea[],
    in_personals bytea[],
    in_occurred_at timestamptz[],
    in_observed_at timestamptz[],
    in_revisions bigint[],
    in_content_hashes bytea[],
    in_correlation_ids text[],
    in_commitments bytea[],
    in_hashes bytea[],
    out versions bigint[],  -- per ticket, after the append
    out positions bigint[],  -- per ticket: of its last event here, or null
    out appended boolean[]  -- per ticket: false when its version was lost
)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set plan_cache_mode = force_generic_plan
as $$
declare
    tip bigint;
    chain bytea;
    recorded timestamptz;
    found tid[];  -- per ticket: where its head is
    counted bigint[];
    total bigint;
    root bytea;
    lost bigint;
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'append_events needs READ COMMITTED, not %',
            current_setting('transaction_isolation')
            using hint = 'An older snapshot does not see the last position.';
    end if;

    if in_expected is null or array_position(in_expected, null) is not null
            or 0 >= any (in_expected) then
        insert into heads (ticket_id, source, external_id, version, state, next_due_at)
        select t.id, t.source, t.external_id, least(t.expected, 0), '',
               case when t.state is not null then t.due end
        from unnest(in_ids, in_sources, in_external_ids, in_expected, in_counts, in_states,
                    in_dues)
            as t (id, source, external_id, expected, count, state, due)
        where coalesce(t.expected, 0) <= 0 and t.count > 0
        order by t.id
        on conflict (ticket_id) do nothing;
    end if;

    -- Whoever holds a row's lock finds it where it is: nobody else changes it, and nothing moves it.
    select array_agg(coalesce(head.version, 0) order by t.place),
           array_agg(head.version is not null
                     and head.version = coalesce(t.expected, head.version) order by t.place),
           array_agg(head.at order by t.place)
    into versions, appended, found
    from (
        select * from unnest(in_ids, in_expected) with ordinality as t (id, expected, place)
        order by t.id offset 0
    ) as t
    left join lateral (
        select heads.version, heads.ctid as at from heads where heads.ticket_id = t.id for update
    ) as head on true;

    -- With the right version a key cannot be taken; whoever brings one that is has lost.
    if in_content_hashes is not null or in_observed_at is not null then
        for lost in
            select e.ticket
            from (
                select unnest(in_tickets) as ticket, unnest(in_observed_at) as observed_at,
                       unnest(in_revisions) as revision, unnest(in_content_hashes) as content_hash
            ) as e
            where versions[e.ticket] > 0
              and case
                  when e.observed_at is not null then (
                      select true from events
                      where events.originator_id = in_ids[e.ticket]
                        and events.observed_at = e.observed_at
                        and events.revision = e.revision
                      limit 1)
                  when e.content_hash is not null then (
                      select true from events
                      where events.originator_id = in_ids[e.ticket]
                        and events.content_hash = e.content_hash
                        and events.observed_at is null
                      limit 1)
                  end
        loop
            appended[lost] := false;
        end loop;
    end if;

    if in_tickets is not null and true = any (appended) then
        perform pg_advisory_xact_lock(5710926428164209345);

        select events.notification_id, events.link, events.recorded_at
        into tip, chain, recorded
        from events order by events.notification_id desc limit 1;
        tip := coalesce(tip, 0);
        chain := coalesce(chain, decode(repeat('00', 32), 'hex'));
        recorded := case when in_topics = array['clock.set_back.v1'] then in_now
                         else greatest(in_now, recorded) end;

        -- Of the events before each ticket's.
        select array_agg(t.upto - t.count order by t.place) into counted
        from (
            select place, case when appended[place] then count else 0 end as count,
                   sum(case when appended[place] then count else 0 end)
                       over (order by place) as upto
            from unnest(in_counts) with ordinality as t (count, place)
        ) as t;

        select count(*), sha256(string_agg(
            e.hash || int8send(versions[e.ticket] + e.ordinal), '' order by e.place))
        into total, root
        from unnest(in_tickets, in_ordinals, in_hashes) with ordinality
            as e (ticket, ordinal, hash, place)
        where appended[e.ticket];
        chain := sha256(
            chain || root || timestamptz_send(recorded) || int8send(tip + 1) || int8send(total));

        insert into events (
            originator_id, originator_version, notification_id, occurred_at, recorded_at,
            observed_at, revision, topic, state, personal, commitment, correlation_id,
            content_hash, hash, link)
        select in_ids[e.ticket], versions[e.ticket] + e.ordinal,
               tip + counted[e.ticket] + e.ordinal,
               e.occurred_at, recorded, e.observed_at, e.revision, e.topic,
               e.state, e.personal, e.commitment, e.correlation_id, e.content_hash, e.hash,
               case counted[e.ticket] + e.ordinal when total then chain end
        from (
            select unnest(in_tickets) as ticket, unnest(in_ordinals) as ordinal,
                   unnest(in_topics) as topic, unnest(in_event_states) as state,
                   unnest(in_personals) as personal, unnest(in_occurred_at) as occurred_at,
                   unnest(in_observed_at) as observed_at, unnest(in_revisions) as revision,
                   unnest(in_content_hashes) as content_hash,
                   unnest(in_correlation_ids) as correlation_id,
                   unnest(in_commitments) as commitment, unnest(in_hashes) as hash
        ) as e
        where appended[e.ticket];
    end if;

    -- By place a row is found whatever the statistics say, and never by reading all heads.
    update heads as head set
        version = t.version + t.count,
        state = coalesce(t.state, head.state),
        next_due_at = case when t.state is null then head.next_due_at else t.due end
    from (
        select unnest(found) as at, unnest(appended) as appended, unnest(versions) as version,
               unnest(in_counts) as count, unnest(in_states) as state, unnest(in_dues) as due
    ) as t
    where head.ctid = t.at and t.appended;

    select array_agg(t.version + t.count order by t.place),
           array_agg(case when t.count > 0 then tip + counted[t.place] + t.count end
                     order by t.place)
    into versions, positions
    from (
        select version, place, case when appended[place] then count else 0 end as count
        from unnest(versions, in_counts) with ordinality as t (version, count, place)
    ) as t;
end
$$;
