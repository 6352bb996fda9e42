-- Where the library's process recorders note how far they have read an upstream log; the
-- projections of this project keep positions of their own.
create table notification_tracking (
    application_name text not null,
    notification_id  bigint,
    primary key (application_name)
);
