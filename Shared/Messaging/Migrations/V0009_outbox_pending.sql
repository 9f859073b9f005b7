-- What waits to be published stands apart from what was said: publishing removes a small row, and no body is written again.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
ALTER TABLE outbox RENAME TO outbox_messages;
CREATE TABLE outbox_pending (
    id bigint PRIMARY KEY,               -- of outbox_messages
    not_before timestamptz               -- set when the broker returned it: others go first until then
);
-- It is as large as its rows have ever been many at a time, and soon read from end to end.
ALTER TABLE outbox_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
INSERT INTO outbox_pending SELECT id, not_before FROM outbox_messages WHERE published_at IS NULL;
ALTER TABLE outbox_messages DROP COLUMN published_at, DROP COLUMN not_before;
-- Times follow ids: a few pages tell where a day begins.
CREATE INDEX outbox_messages_created_at ON outbox_messages USING brin (created_at);

-- Whatever is said waits, whoever says it.
CREATE FUNCTION outbox_waits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO outbox_pending (id) SELECT id FROM said;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION outbox_waits() FROM PUBLIC;
CREATE TRIGGER outbox_waits AFTER INSERT ON outbox_messages REFERENCING NEW TABLE AS said
    FOR EACH STATEMENT EXECUTE FUNCTION outbox_waits();

-- As it was before, for whoever looks, and for a replica of the version before that still has something to say.
CREATE VIEW outbox AS
SELECT id, message_id, exchange, routing_key, body, traceparent, created_at,
       CASE WHEN NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id) THEN created_at END AS published_at
FROM outbox_messages AS message;

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
    WHEN 'idempotency_keys' THEN
        DELETE FROM idempotency_keys WHERE (user_id, key) IN (
            SELECT user_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at
            LIMIT most FOR UPDATE SKIP LOCKED);
    END CASE;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
