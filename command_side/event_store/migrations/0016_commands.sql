-- What people have done, for those who ask who did what: a few of many events, found without looking at
-- the others. The topics are those of event_store.reading.COMMANDS.
create index events_commands on events (notification_id)
    where topic in (
        'excuse.ended.v1', 'excuse.granted.v1', 'excuse.withdrawn.v1', 'operator.acted.v1',
        'policy.accepted.v1', 'silence.created.v1', 'silence.ended.v1', 'ticket.acknowledged.v1',
        'ticket.snoozed.v1', 'token.made.v1', 'token.revoked.v1'
    );
