-- Turns to read at Stripe are kept in a sequence: a row that changes with each of them leaves versions that nobody may clear away while somebody
-- holds a snapshot, and whoever takes the next turn walks over them. A sequence is changed in place, and writes no log when it is unlogged.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- When the next request to Stripe may leave, in microseconds since 1970, for all replicas together. Worth nothing after a crash.
CREATE UNLOGGED SEQUENCE read_turns;

-- What is left to the row: how far apart turns are after a 429. Replicas of the version before take turns of their own by `next_at`.
ALTER TABLE read_budget ALTER COLUMN next_at SET DEFAULT '-infinity';

-- Takes the next turn, `gap` seconds behind the one before or more, as 429s have told; how many seconds it is away.
CREATE FUNCTION take_read_turn(gap double precision) RETURNS double precision LANGUAGE plpgsql AS $$
DECLARE
    moment bigint;
    turn bigint;
    slowed double precision;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('read_turns ' || current_schema(), 0));
    SELECT gap_seconds INTO slowed FROM read_budget;
    IF slowed > gap THEN
        slowed := greatest(gap, slowed * 0.95);
        UPDATE read_budget SET gap_seconds = slowed;
    END IF;
    moment := extract(epoch FROM clock_timestamp()) * 1000000;
    SELECT last_value INTO turn FROM read_turns;
    -- One more than a minute ahead was given by a clock that has been set back.
    IF turn NOT BETWEEN moment AND moment + 60000000 THEN turn := moment; END IF;
    PERFORM setval('read_turns', turn + (greatest(gap, slowed) * 1000000)::bigint);
    RETURN (turn - moment) / 1000000.0;
END $$;

-- Puts the next turn `wait` seconds away and doubles the time between two of them up to `longest`, once a second at most: those that are on their
-- way together are refused together.
CREATE FUNCTION slow_reads(wait double precision, gap double precision, longest double precision) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    later bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('read_turns ' || current_schema(), 0));
    INSERT INTO read_budget AS budget (gap_seconds, slowed_at) VALUES (least(longest, gap * 2), clock_timestamp())
    ON CONFLICT (one) DO UPDATE SET gap_seconds = least(longest, greatest(gap, budget.gap_seconds) * 2), slowed_at = clock_timestamp()
    WHERE budget.slowed_at IS NULL OR budget.slowed_at NOT BETWEEN clock_timestamp() - interval '1 second' AND clock_timestamp();
    IF NOT FOUND THEN RETURN; END IF;
    later := (extract(epoch FROM clock_timestamp()) + wait) * 1000000;
    PERFORM setval('read_turns', greatest(last_value, later)) FROM read_turns;
END $$;
REVOKE ALL ON FUNCTION take_read_turn(double precision), slow_reads(double precision, double precision, double precision) FROM PUBLIC;
