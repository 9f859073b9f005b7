-- The service itself may not remove what it has said and heard; this it may call. Removes what nobody asks for again, at most so many rows
-- of one table, and says how many.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE FUNCTION purge(what text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    removed bigint;
BEGIN
    CASE what
    WHEN 'outbox' THEN
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE published_at < now() - interval '7 days' ORDER BY published_at
            LIMIT most FOR UPDATE SKIP LOCKED);
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
REVOKE ALL ON FUNCTION purge(text, integer) FROM PUBLIC;
