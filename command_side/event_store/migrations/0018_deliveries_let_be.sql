-- What somebody has looked at and knows to be of no use, of what is parked: it stays, and asks for nobody.
-- A table of its own: the release before reads whole rows of deliveries, and knows no other columns.
-- Counts only while a delivery is parked.
create table deliveries_let_be (
    delivery_id uuid primary key references deliveries on delete cascade,
    let_be_at timestamptz not null,
    reason text                         -- null: nobody said
);
