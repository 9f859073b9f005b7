-- What was heard and what was said, by the time of each message: what is new stays near together however much there is, and what nobody asks
-- for again goes with its whole week or day.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Messages whose effect is here. The time is the message's own, the same in each of its deliveries; one that tells none has the beginning of
-- time. What failed stays in inbox, until it is done there, and so does what a replica of the version before has done.
CREATE TABLE inbox_done (
    message_id text NOT NULL,
    said_at timestamptz NOT NULL,
    queue text NOT NULL,
    done_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (message_id, said_at)
) PARTITION BY RANGE (said_at);
CREATE TABLE inbox_done_other PARTITION OF inbox_done DEFAULT;
CREATE INDEX inbox_done_other_done_at ON inbox_done_other (done_at);

-- A replica of the version before does not look there: what it would do a second time it finds to be known.
CREATE FUNCTION inbox_is_known() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    RETURN CASE WHEN EXISTS (SELECT FROM inbox_done WHERE message_id = NEW.message_id) THEN NULL ELSE NEW END;
END $$;
REVOKE ALL ON FUNCTION inbox_is_known() FROM PUBLIC;
CREATE TRIGGER inbox_is_known BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION inbox_is_known();

-- All that was heard, for whoever looks.
CREATE VIEW inbox_heard AS
SELECT message_id, queue, 'done' AS status, 1 AS attempts, NULL::text AS last_error, done_at AS received_at, done_at FROM inbox_done AS done
WHERE NOT EXISTS (SELECT FROM inbox WHERE inbox.message_id = done.message_id)
UNION ALL SELECT message_id, queue, status, attempts, last_error, received_at, done_at FROM inbox;

-- What this service says, as outbox_messages was, which a replica of the version before still fills: ids are counted for both.
CREATE TABLE outbox_said (
    id bigint NOT NULL DEFAULT nextval('outbox_id_seq'),
    message_id text NOT NULL,
    exchange text NOT NULL,
    routing_key text NOT NULL,
    body bytea COMPRESSION lz4 NOT NULL, -- the CloudEvent, as it goes over the wire
    traceparent text,
    said_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, said_at)
) PARTITION BY RANGE (said_at);
CREATE TABLE outbox_said_other PARTITION OF outbox_said DEFAULT;
ALTER TABLE outbox_pending ADD COLUMN said_at timestamptz; -- of outbox_said; NULL for what stands in outbox_messages

CREATE FUNCTION outbox_said_waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO outbox_pending (id, said_at) SELECT id, said_at FROM said;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox_said_waits() FROM PUBLIC;
CREATE TRIGGER outbox_said_waits AFTER INSERT ON outbox_said REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_said_waits();

CREATE OR REPLACE VIEW outbox AS
SELECT id, message_id, exchange, routing_key, body, traceparent, created_at,
       CASE WHEN NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id) THEN created_at END AS published_at
FROM (SELECT id, message_id, exchange, routing_key, body, traceparent, created_at FROM outbox_messages
      UNION ALL SELECT id, message_id, exchange, routing_key, body, traceparent, said_at FROM outbox_said) AS message;

-- What is said there is said all the same: by a migration, or by a replica of the version before that.
CREATE FUNCTION outbox_says() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO outbox_said (message_id, exchange, routing_key, body, traceparent)
    VALUES (NEW.message_id, NEW.exchange, NEW.routing_key, NEW.body, NEW.traceparent);
    RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION outbox_says() FROM PUBLIC;
CREATE TRIGGER outbox_says INSTEAD OF INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION outbox_says();

-- Makes the partitions of the time that comes and drops those whose time is over: for what was said a week ago, a day each; for what was heard
-- five weeks ago, a week each. One in which something still waits to be published stays. Whoever is at a table keeps it for a moment longer:
-- it is tried again the next time. Says how many were dropped.
CREATE FUNCTION turn_partitions(what text, now_at timestamptz DEFAULT now()) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '200ms' SET timezone = 'UTC' AS $$
DECLARE
    width interval := CASE what WHEN 'outbox_said' THEN interval '1 day' WHEN 'inbox_done' THEN interval '7 days' END;
    kept interval := CASE what WHEN 'outbox_said' THEN interval '7 days' WHEN 'inbox_done' THEN interval '35 days' END;
    -- A Monday.
    first timestamptz := date_bin(width, now_at, '2001-01-01 00:00:00+00') - kept;
    begins timestamptz;
    part text;
    dropped integer := 0;
BEGIN
    IF width IS NULL THEN RAISE EXCEPTION 'there are no partitions of %', what; END IF;
    -- One replica at a time.
    IF NOT pg_try_advisory_xact_lock(hashtextextended('partitions ' || current_schema(), 0)) THEN RETURN 0; END IF;
    FOR begins IN SELECT * FROM generate_series(first, now_at + 2 * width, width) LOOP
        part := what || to_char(begins AT TIME ZONE 'UTC', '_YYYYMMDD');
        CONTINUE WHEN to_regclass(quote_ident(current_schema()) || '.' || part) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING COMPRESSION INCLUDING STORAGE)', part, what);
        EXECUTE format('WITH moved AS (DELETE FROM %I WHERE said_at >= %L AND said_at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                       what || '_other', begins, begins + width, part);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', what, part, begins, begins + width);
    END LOOP;
    FOR part, begins IN
        SELECT child.relname, to_date(right(child.relname, 8), 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC'
        FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
        WHERE inhparent = to_regclass(quote_ident(current_schema()) || '.' || what) AND child.relname <> what || '_other'
    LOOP
        -- Whoever calls may look ahead, and forget nothing before its time.
        CONTINUE WHEN begins + width > least(now_at, now()) - kept;
        CONTINUE WHEN what = 'outbox_said'
            AND EXISTS (SELECT FROM outbox_pending WHERE said_at >= begins AND said_at < begins + width);
        EXECUTE format('DROP TABLE %I', part);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION turn_partitions(text, timestamptz) FROM PUBLIC;
SELECT turn_partitions('inbox_done'), turn_partitions('outbox_said');

CREATE OR REPLACE FUNCTION purge(what text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    removed bigint;
BEGIN
    CASE what
    WHEN 'outbox' THEN
        DELETE FROM outbox_messages WHERE id IN (
            SELECT id FROM outbox_messages AS message WHERE created_at < now() - interval '7 days'
                AND NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id)
            LIMIT most);
    WHEN 'inbox' THEN
        DELETE FROM inbox WHERE message_id IN (
            SELECT message_id FROM inbox WHERE status = 'done' AND done_at < now() - interval '35 days' ORDER BY done_at
            LIMIT most FOR UPDATE SKIP LOCKED);
    -- What was said at a time of which there is no partition.
    WHEN 'outbox_said' THEN
        DELETE FROM outbox_said_other WHERE (id, said_at) IN (
            SELECT id, said_at FROM outbox_said_other AS message WHERE said_at < now() - interval '7 days'
                AND NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id)
            LIMIT most);
    WHEN 'inbox_done' THEN
        DELETE FROM inbox_done_other WHERE (message_id, said_at) IN (
            SELECT message_id, said_at FROM inbox_done_other WHERE done_at < now() - interval '35 days' ORDER BY done_at
            LIMIT most FOR UPDATE SKIP LOCKED);
    WHEN 'idempotency_keys' THEN
        DELETE FROM idempotency_keys WHERE (user_id, key) IN (
            SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at
            LIMIT most FOR UPDATE SKIP LOCKED);
    END CASE;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
