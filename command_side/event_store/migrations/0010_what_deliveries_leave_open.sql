-- What a delivery says that neither its reading nor the promises know: `kind:value`, so that people
-- see what to map, and how often it comes.
alter table deliveries add column unmapped text[] not null default '{}';
create index deliveries_unmapped on deliveries (received_at) where unmapped <> '{}';

-- A name may lead to a ticket, and have been taken for one itself before that was known: until it is
-- settled, somebody has to look for it.
alter table ticket_names add column named_at timestamptz not null default now();
alter table ticket_names add column settled boolean not null default false;
create index ticket_names_unsettled on ticket_names (named_at) where not settled;
create index ticket_names_to on ticket_names (source, external_id);
