-- Seals as before, but looks for entries from behind those of the seal before the newest: what is sealed and gone stays in the index for as long
-- as anybody holds a snapshot that is older, and whoever looks from the beginning reads over all of it. An entry with a lower number may be
-- committed later than that: every twelfth seal, and one that finds nothing, looks from the beginning.
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
            DELETE FROM audit_unsealed WHERE id IN (
                SELECT id FROM audit_unsealed WHERE id > coalesce(behind, -9223372036854775808) ORDER BY id LIMIT most)
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
