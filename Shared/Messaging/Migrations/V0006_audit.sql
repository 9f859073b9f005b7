-- The trail: who did what to what, and what that was before. An entry is added in the transaction of what it tells of, and never changed.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE SEQUENCE audit_ids;
CREATE TABLE audit_log (
    id bigint PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor_kind text NOT NULL CHECK (actor_kind IN ('user', 'admin', 'stripe', 'worker')),
    actor text NOT NULL,                 -- the id of a user or an admin, 'stripe', or the name of a worker
    action text NOT NULL,                -- such as payment.changed
    origin text NOT NULL,                -- the route, the queue or the work by which it was done
    object_type text NOT NULL,
    object_id text NOT NULL,
    user_id text,                        -- whom it concerns, where that is known
    before jsonb,                        -- what differs, as it was; NULL where there was nothing
    after jsonb,                         -- the same as it became; NULL where nothing is left
    request_id text,
    message_id text,
    event_id text,                       -- Stripe's
    personal_sha256 bytea                -- names the row of audit_personal, which may be erased
);
CREATE INDEX audit_log_at ON audit_log (at, id);
CREATE INDEX audit_log_user ON audit_log (user_id, at, id) WHERE user_id IS NOT NULL;
CREATE INDEX audit_log_action ON audit_log (action, at, id);
CREATE INDEX audit_log_actor ON audit_log (actor, at, id) WHERE actor_kind IN ('user', 'admin');
CREATE INDEX audit_log_admins ON audit_log (at, id) WHERE actor_kind = 'admin';

-- From which address, and what was written in free words. The entry holds no more than SHA-256(salt || fields): without the salt nobody finds
-- out what was erased.
CREATE TABLE audit_personal (
    sha256 bytea PRIMARY KEY,
    salt bytea NOT NULL,
    fields text NOT NULL                 -- a JSON object
);

-- Entries that no seal holds yet. Who adds an entry adds it here too: one that stands in neither place was never made by this system.
CREATE TABLE audit_unsealed (id bigint PRIMARY KEY);

-- The chain. Each seal names its entries with their hashes, and the seal before.
CREATE TABLE audit_seals (
    sequence bigint PRIMARY KEY CHECK (sequence > 0),
    previous bytea,                      -- the hash of the seal before; NULL in the first
    hash bytea NOT NULL,
    sealed_at timestamptz NOT NULL,
    lowest bigint NOT NULL,              -- of its own ids
    highest bigint NOT NULL,             -- of the ids of all seals up to this one
    ids bigint[] NOT NULL,
    hashes bytea[] NOT NULL,             -- of the entries in `ids`; empty for one that was gone when it was to be sealed
    CHECK ((sequence = 1) = (previous IS NULL))
);
CREATE INDEX audit_seals_sealed_at ON audit_seals (sealed_at);

-- How far the chain was found to be whole.
CREATE TABLE audit_proof (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    sequence bigint NOT NULL,
    hash bytea NOT NULL,
    proven_at timestamptz NOT NULL
);

-- Those members of `one` that `other` has not, or has otherwise.
CREATE FUNCTION audit_difference(one jsonb, other jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_object_agg(key, value) FROM jsonb_each(one)
    WHERE value IS DISTINCT FROM other -> key AND (other IS NOT NULL OR value <> 'null') AND key <> 'updated_at'
$$;

-- Of all that an entry says but its id, which the seal binds to it: so two entries that changed places are told from two that were edited.
CREATE FUNCTION audit_hash(entry audit_log) RETURNS bytea LANGUAGE sql STABLE AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), entry.actor_kind, entry.actor, entry.action, entry.origin,
        entry.object_type, entry.object_id, entry.user_id, entry.before, entry.after, entry.request_id, entry.message_id, entry.event_id,
        encode(entry.personal_sha256, 'hex'))::text, 'UTF8'))
$$;

CREATE FUNCTION audit_seal_hash(previous bytea, sequence bigint, sealed_at timestamptz, ids bigint[], hashes bytea[]) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
    SELECT sha256(coalesce(previous, '') || int8send(sequence) || int8send((extract(epoch FROM sealed_at) * 1000000)::bigint)
                  || (SELECT string_agg(int8send(id) || hash, '' ORDER BY place)
                      FROM unnest(ids, hashes) WITH ORDINALITY AS entry (id, hash, place)))
$$;

-- Seals at most so many entries; no row where there are none, or another sealer is at work.
CREATE FUNCTION seal_audit(most integer, OUT sequence bigint, OUT hash bytea, OUT entries integer) RETURNS SETOF record
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    head audit_seals;
    seal audit_seals;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('audit_seals ' || current_schema(), 0)) THEN RETURN; END IF;
    WITH taken AS (
        DELETE FROM audit_unsealed WHERE id IN (SELECT id FROM audit_unsealed ORDER BY id LIMIT most) RETURNING id)
    SELECT array_agg(taken.id ORDER BY taken.id),
           array_agg(CASE WHEN log.id IS NULL THEN '' ELSE audit_hash(log) END ORDER BY taken.id), min(taken.id), max(taken.id)
    INTO seal.ids, seal.hashes, seal.lowest, seal.highest FROM taken LEFT JOIN audit_log AS log USING (id);
    IF seal.ids IS NULL THEN RETURN; END IF;
    SELECT * INTO head FROM audit_seals AS newest ORDER BY newest.sequence DESC LIMIT 1;
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

-- What is wrong with the seals from `first` to `last` and with the entries around them. One statement sees one moment, so what is being
-- written and sealed meanwhile is no fault. To compile it would take longer than to run it.
CREATE FUNCTION audit_faults(first bigint, last bigint) RETURNS TABLE (sequence bigint, id bigint, fault text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET jit = off AS $$
    WITH seal AS MATERIALIZED (
        SELECT *, lag(seal.sequence) OVER chain AS before, lag(seal.hash) OVER chain AS hash_before
        FROM audit_seals AS seal WHERE seal.sequence BETWEEN first - 1 AND last WINDOW chain AS (ORDER BY seal.sequence)
    ), expected AS MATERIALIZED (
        SELECT seal.sequence, entry.id, entry.hash FROM seal, unnest(seal.ids, seal.hashes) AS entry (id, hash) WHERE seal.sequence >= first
    ), found AS MATERIALIZED (
        SELECT expected.*, CASE WHEN log.id IS NOT NULL THEN audit_hash(log) END AS actual
        FROM expected LEFT JOIN audit_log AS log USING (id)
    ), span AS (
        SELECT least(min(seal.lowest) FILTER (WHERE seal.sequence >= first),
                     coalesce(min(seal.highest) FILTER (WHERE seal.sequence = first - 1) + 1, -9223372036854775808)) AS lowest,
               -- Before the first seal there is no beginning, behind the newest no end.
               CASE WHEN last < (SELECT max(newest.sequence) FROM audit_seals AS newest) THEN max(seal.highest)
                    ELSE 9223372036854775807 END AS highest
        FROM seal
    ), suspect AS MATERIALIZED (
        SELECT log.id FROM audit_log AS log, span
        WHERE log.id BETWEEN span.lowest AND span.highest
          AND NOT EXISTS (SELECT FROM expected WHERE expected.id = log.id)
    )
    SELECT number, NULL::bigint, 'seal_missing' FROM generate_series(first, last) AS number
    WHERE NOT EXISTS (SELECT FROM seal WHERE seal.sequence = number)
    UNION ALL
    SELECT seal.sequence, NULL, 'seal_edited' FROM seal
    WHERE seal.sequence >= first AND seal.hash <> audit_seal_hash(seal.previous, seal.sequence, seal.sealed_at, seal.ids, seal.hashes)
    UNION ALL
    SELECT seal.sequence, NULL, 'seal_unlinked' FROM seal
    WHERE seal.sequence >= first AND seal.before = seal.sequence - 1 AND seal.previous IS DISTINCT FROM seal.hash_before
    UNION ALL
    SELECT found.sequence, found.id, CASE WHEN found.actual IS NULL THEN 'missing'
                                          WHEN found.actual IN (SELECT expected.hash FROM expected) THEN 'reordered' ELSE 'edited' END
    FROM found WHERE found.actual IS DISTINCT FROM found.hash
    UNION ALL
    SELECT NULL, suspect.id, 'inserted' FROM suspect
    WHERE NOT EXISTS (SELECT FROM audit_unsealed AS waiting WHERE waiting.id = suspect.id)
      AND NOT EXISTS (SELECT FROM audit_seals AS other
                      WHERE suspect.id BETWEEN other.lowest AND other.highest AND suspect.id = ANY (other.ids))
$$;

-- Goes on from the last seal that was proven, by at most so many seals; what it finds to be whole is proven from then on.
CREATE FUNCTION verify_audit(most integer) RETURNS TABLE (sequence bigint, id bigint, fault text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    known audit_proof;
    through bigint;
BEGIN
    SELECT * INTO known FROM audit_proof;
    IF known.sequence IS NOT NULL AND NOT EXISTS (
        SELECT FROM audit_seals AS seal WHERE seal.sequence = known.sequence AND seal.hash = known.hash) THEN
        RETURN QUERY SELECT known.sequence, NULL::bigint, CASE WHEN EXISTS (
            SELECT FROM audit_seals AS seal WHERE seal.sequence = known.sequence) THEN 'seal_edited' ELSE 'seal_missing' END;
        RETURN;
    END IF;
    SELECT max(seal.sequence) INTO through FROM audit_seals AS seal WHERE seal.sequence <= coalesce(known.sequence, 0) + most;
    IF through IS NULL OR through = known.sequence THEN
        -- No new seal, but perhaps an entry that nobody will ever seal.
        RETURN QUERY SELECT * FROM audit_faults(coalesce(known.sequence, 0) + 1, coalesce(known.sequence, 0));
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM audit_faults(coalesce(known.sequence, 0) + 1, through);
    IF FOUND THEN RETURN; END IF;
    INSERT INTO audit_proof AS proof (sequence, hash, proven_at)
    SELECT seal.sequence, seal.hash, clock_timestamp() FROM audit_seals AS seal WHERE seal.sequence = through
    ON CONFLICT (one) DO UPDATE SET sequence = excluded.sequence, hash = excluded.hash, proven_at = excluded.proven_at
    WHERE proof.sequence < excluded.sequence;
END $$;

-- How things stand: the newest seal, the newest that was proven, the first that was made `since`, what is not sealed yet, and the hashes of
-- the seals that are asked for.
CREATE FUNCTION audit_state(asked bigint[], since timestamptz) RETURNS TABLE (
    sealed bigint, sealed_at timestamptz, proven bigint, proven_at timestamptz, first_since bigint, unsealed bigint,
    unsealed_since timestamptz, sequences bigint[], hashes text[])
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT head.sequence, head.sealed_at, proof.sequence, proof.proven_at,
           (SELECT min(sequence) FROM audit_seals AS seal WHERE seal.sealed_at >= audit_state.since), waiting.count, waiting.since,
           coalesce(named.sequences, '{}'), coalesce(named.hashes, '{}')
    FROM (SELECT) AS one
    LEFT JOIN (SELECT * FROM audit_seals ORDER BY sequence DESC LIMIT 1) AS head ON true
    LEFT JOIN audit_proof AS proof ON true
    CROSS JOIN (SELECT count(*), min(log.at) AS since FROM audit_unsealed JOIN audit_log AS log USING (id)) AS waiting
    CROSS JOIN (SELECT array_agg(sequence ORDER BY sequence) AS sequences, array_agg(encode(hash, 'hex') ORDER BY sequence) AS hashes
                FROM audit_seals WHERE sequence = ANY (asked)) AS named
$$;

-- One page of the trail, the newest first, strictly behind a place.
CREATE FUNCTION audit_page(
    of_user text, by_actor text, of_action text, since timestamptz, until timestamptz, behind_at timestamptz, behind_id bigint, most integer)
RETURNS TABLE (
    id bigint, at timestamptz, actor_kind text, actor text, action text, origin text, object_type text, object_id text, user_id text,
    before jsonb, after jsonb, request_id text, message_id text, event_id text, personal text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    -- Planned anew for the filters that are given: each has its own index.
    RETURN QUERY EXECUTE
        'SELECT log.id, log.at, log.actor_kind, log.actor, log.action, log.origin, log.object_type, log.object_id, log.user_id,
                log.before, log.after, log.request_id, log.message_id, log.event_id, personal.fields
         FROM audit_log AS log LEFT JOIN audit_personal AS personal ON personal.sha256 = log.personal_sha256 WHERE true'
        || CASE WHEN of_user IS NULL THEN '' ELSE ' AND log.user_id = $1' END
        || CASE WHEN by_actor IS NULL THEN ''
                WHEN by_actor IN ('user', 'admin', 'stripe', 'worker') THEN ' AND log.actor_kind = ' || quote_literal(by_actor)
                ELSE ' AND log.actor = $2 AND log.actor_kind IN (''user'', ''admin'')' END
        || CASE WHEN of_action IS NULL THEN '' ELSE ' AND log.action = $3' END
        || CASE WHEN since IS NULL THEN '' ELSE ' AND log.at >= $4' END
        || CASE WHEN until IS NULL THEN '' ELSE ' AND log.at < $5' END
        || CASE WHEN behind_at IS NULL THEN '' ELSE ' AND (log.at, log.id) < ($6, $7)' END
        || ' ORDER BY log.at DESC, log.id DESC LIMIT $8'
    USING of_user, by_actor, of_action, since, until, behind_at, behind_id, most;
END $$;

REVOKE ALL ON FUNCTION audit_difference(jsonb, jsonb), audit_hash(audit_log), seal_audit(integer), audit_faults(bigint, bigint),
    audit_seal_hash(bytea, bigint, timestamptz, bigint[], bytea[]), verify_audit(integer), audit_state(bigint[], timestamptz),
    audit_page(text, text, text, timestamptz, timestamptz, timestamptz, bigint, integer) FROM PUBLIC;
