-- The runner's own tables. A projection's row is its position and its lease in one.
CREATE TABLE IF NOT EXISTS projections (
    name text PRIMARY KEY,
    version integer NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    ddl_hash text NOT NULL,
    lease_owner text,
    lease_until timestamptz
) WITH (fillfactor = 50);

CREATE TABLE IF NOT EXISTS parked_events (
    projection text NOT NULL,
    position bigint NOT NULL,
    stream_id uuid NOT NULL,
    topic text NOT NULL,
    error text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL,
    PRIMARY KEY (projection, position)
);

-- Whether a lease has ended. One that ends farther away than any lasts does not count: it was taken
-- while the database's clock was ahead, and would else be waited for until then.
DO $$
BEGIN
    IF to_regprocedure('lapsed(timestamptz)') IS NULL THEN
        CREATE FUNCTION lapsed(lease_until timestamptz) RETURNS boolean
        LANGUAGE sql VOLATILE
        AS 'SELECT lease_until IS NULL OR lease_until <= clock_timestamp()
                OR lease_until > clock_timestamp() + interval ''1 minute'' ';
    END IF;
    -- Whether a notice that waits may be taken: nobody has it, or who had it let it go. A courier
    -- takes again what it has on a lease of its own but not under way: the claim's answer was lost.
    IF to_regprocedure('takeable(text,timestamptz,text,text,text[])') IS NULL THEN
        CREATE FUNCTION takeable(
            state text, lease_until timestamptz, lease_owner text, courier text, under_way text[]
        ) RETURNS boolean
        LANGUAGE sql VOLATILE
        AS 'SELECT state = ''pending'' OR lapsed(lease_until)
                OR starts_with(lease_owner, courier) AND lease_owner <> ALL(under_way)';
    END IF;
END
$$;
