-- Tickets of which a silence keeps something from being told: when somebody ends it, they are looked
-- at again. (When it runs out by itself, they are due.) Written by whoever holds the ticket's head.
create table muted_tickets (
    ticket_id  uuid not null,
    silence_id uuid not null,
    primary key (ticket_id, silence_id)
);

create index muted_tickets_silence on muted_tickets (silence_id);
