-- When each token was used last, to the minute: processes write it now and then, so that no request
-- waits for it. Beside the log: it is no event, and may be lost.
create table token_uses (
    token_id text primary key,
    used_at  timestamptz not null
);
