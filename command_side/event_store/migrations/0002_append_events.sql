-- The only way into the log. One element of the first arrays is a ticket, each there once; one
-- element of the event arrays is an event, in the tickets' order. Tickets whose version does not
-- match are left out; the others are appended all the same.
--
-- Lock order, everywhere: heads in ascending id, then the order lock, which is held until the
-- commit has finished, so that the order of positions is the order of commits.
--
-- The chain has one link an append: that of its last event is
--   sha256(link before || root || recorded_at || first position || count of events), where
--   root = sha256(hash || version of every event, in the order of their positions);
-- numbers are 8 bytes in network order, recorded_at counts microseconds since 2000-01-01, and
-- before the first link there are 32 zero bytes. What an event's own hash covers is told in
-- `chain.py`; it is computed outside, so that nobody waits for it under the order lock. `verify`
-- computes both again.
--
-- The settings keep every plan a loop over unnest with an index look-up inside, whatever the
-- statistics say: on a young table the planner would choose one that is quadratic.
create function append_events(
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

    insert into heads (ticket_id, source, external_id, version, state, next_due_at)
    select t.id, t.source, t.external_id, least(t.expected, 0), '',
           case when t.state is not null then t.due end
    from unnest(in_ids, in_sources, in_external_ids, in_expected, in_counts, in_states, in_dues)
        as t (id, source, external_id, expected, count, state, due)
    where coalesce(t.expected, 0) <= 0 and t.count > 0
    order by t.id
    on conflict (ticket_id) do nothing;

    select array_agg(coalesce(head.version, 0) order by t.place),
           array_agg(head.version is not null
                     and head.version = coalesce(t.expected, head.version) order by t.place)
    into versions, appended
    from (
        select * from unnest(in_ids, in_expected) with ordinality as t (id, expected, place)
        order by t.id offset 0
    ) as t
    left join lateral (
        select heads.version from heads where heads.ticket_id = t.id for update
    ) as head on true;

    -- With the right version a key cannot be taken; whoever brings one that is has lost.
    if in_content_hashes is not null or in_observed_at is not null then
        for lost in
            select e.ticket
            from unnest(in_tickets, in_observed_at, in_revisions, in_content_hashes)
                as e (ticket, observed_at, revision, content_hash)
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
        recorded := greatest(in_now, recorded);

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
        from unnest(in_tickets, in_ordinals, in_topics, in_event_states, in_personals,
                    in_occurred_at, in_observed_at, in_revisions, in_content_hashes,
                    in_correlation_ids, in_commitments, in_hashes)
            as e (ticket, ordinal, topic, state, personal, occurred_at, observed_at,
                  revision, content_hash, correlation_id, commitment, hash)
        where appended[e.ticket];
    end if;

    -- An upsert, although every row exists: it is the one update that never scans heads.
    insert into heads as head (ticket_id, source, external_id, version, state, next_due_at)
    select t.id, t.source, t.external_id, versions[t.place] + t.count, coalesce(t.state, ''),
           t.due
    from unnest(in_ids, in_sources, in_external_ids, in_counts, in_states, in_dues)
        with ordinality as t (id, source, external_id, count, state, due, place)
    where appended[t.place]
    on conflict (ticket_id) do update set
        version = excluded.version,
        state = case excluded.state when '' then head.state else excluded.state end,
        next_due_at = case excluded.state when '' then head.next_due_at
                      else excluded.next_due_at end;

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
