-- A list of up to a thousand rows is an array, by which an index finds each: joined with a subquery, its rows were compared with one another, half
-- a million times for a full seal, wherever that had been planned while the tables were empty.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE OR REPLACE FUNCTION seal_audit(most integer, OUT sequence bigint, OUT hash bytea, OUT entries integer) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head audit_seals;
    seal audit_seals;
    behind bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('audit_seals ' || current_schema(), 0)) THEN RETURN; END IF;
    SELECT * INTO head FROM audit_seals AS newest ORDER BY newest.sequence DESC LIMIT 1;
    behind := CASE WHEN head.sequence % 12 = 0 THEN NULL
                   ELSE (SELECT before.highest FROM audit_seals AS before WHERE before.sequence = head.sequence - 1) END;
    LOOP
        WITH taken AS (
            DELETE FROM audit_unsealed WHERE id = ANY(ARRAY(
                SELECT id FROM audit_unsealed WHERE id > coalesce(behind, -9223372036854775808) ORDER BY id LIMIT most))
            RETURNING id)
        SELECT array_agg(taken.id ORDER BY taken.id),
               array_agg(CASE WHEN log.id IS NULL THEN '' ELSE audit_hash(log) END ORDER BY taken.id), min(taken.id), max(taken.id)
        INTO seal.ids, seal.hashes, seal.lowest, seal.highest FROM taken LEFT JOIN audit_log AS log USING (id);
        EXIT WHEN seal.ids IS NOT NULL;
        IF behind IS NULL THEN RETURN; END IF;
        behind := NULL;
    END LOOP;
    seal.sequence := coalesce(head.sequence, 0) + 1;
    seal.previous := head.hash;
    seal.sealed_at := clock_timestamp();
    seal.highest := greatest(head.highest, seal.highest);
    seal.hash := audit_seal_hash(seal.previous, seal.sequence, seal.sealed_at, seal.ids, seal.hashes);
    INSERT INTO audit_seals SELECT seal.*;
    sequence := seal.sequence;
    hash := seal.hash;
    entries := cardinality(seal.ids);
    RETURN NEXT;
END $$;

CREATE OR REPLACE FUNCTION purge(what text, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    removed bigint;
BEGIN
    CASE what
    WHEN 'outbox' THEN
        DELETE FROM outbox_messages WHERE id = ANY(ARRAY(
            SELECT id FROM outbox_messages AS message WHERE created_at < now() - interval '7 days'
                AND NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id)
            LIMIT most));
    WHEN 'inbox' THEN
        DELETE FROM inbox WHERE message_id = ANY(ARRAY(
            SELECT message_id FROM inbox WHERE status = 'done' AND done_at < now() - interval '35 days' ORDER BY done_at
            LIMIT most FOR UPDATE SKIP LOCKED));
    -- What was said at a time of which there is no partition.
    WHEN 'outbox_said' THEN
        DELETE FROM outbox_said_other WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM outbox_said_other AS message WHERE said_at < now() - interval '7 days'
                AND NOT EXISTS (SELECT FROM outbox_pending AS pending WHERE pending.id = message.id)
            LIMIT most));
    WHEN 'inbox_done' THEN
        DELETE FROM inbox_done_other WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM inbox_done_other WHERE done_at < now() - interval '35 days' ORDER BY done_at
            LIMIT most FOR UPDATE SKIP LOCKED));
    WHEN 'idempotency_keys' THEN
        DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM idempotency_keys WHERE created_at < now() - interval '24 hours' ORDER BY created_at
            LIMIT most FOR UPDATE SKIP LOCKED));
    END CASE;
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END $$;
