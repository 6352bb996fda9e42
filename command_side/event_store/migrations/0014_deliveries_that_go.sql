-- Each delivery is settled once and dropped some weeks later: two dead rows for each that comes, and
-- each has been in the index of what is not settled, which is looked through every few seconds. By
-- the server's defaults a fifth of the table would be dead before somebody clears up.
alter table deliveries set (
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_analyze_scale_factor = 0.05
);
