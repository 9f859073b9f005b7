-- The service itself may not remove what it has said and heard; this it may call. Removes what nobody asks for again, at most so many rows
-- of each table, and says how many.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE FUNCTION purge(most integer, OUT outbox bigint, OUT inbox bigint, OUT idempotency_keys bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM outbox AS old WHERE id IN (
        SELECT id FROM outbox AS said WHERE published_at < now() - interval '7 days' ORDER BY published_at
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS outbox = ROW_COUNT;
    DELETE FROM inbox AS old WHERE message_id IN (
        SELECT message_id FROM inbox AS heard WHERE status = 'done' AND done_at < now() - interval '35 days' ORDER BY done_at
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS inbox = ROW_COUNT;
    DELETE FROM idempotency_keys AS old WHERE (user_id, key) IN (
        SELECT user_id, key FROM idempotency_keys AS kept WHERE created_at < now() - interval '24 hours' ORDER BY created_at
        LIMIT most FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS idempotency_keys = ROW_COUNT;
END $$;
REVOKE ALL ON FUNCTION purge(integer) FROM PUBLIC;
