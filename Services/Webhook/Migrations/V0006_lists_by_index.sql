-- As in Messaging: a list of rows is an array, by which an index finds each.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE OR REPLACE FUNCTION strip_payloads(before timestamptz, most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    stripped bigint;
BEGIN
    UPDATE stripe_webhooks SET raw_sha256 = sha256(raw_data), raw_data = NULL
    WHERE id = ANY(ARRAY(
        SELECT id FROM stripe_webhooks
        WHERE id > (SELECT coalesce(max(id), 0) FROM stripe_webhooks WHERE raw_data IS NULL)
            AND received_at < least(before, now() - interval '30 days') AND raw_data IS NOT NULL AND published_at IS NOT NULL
        ORDER BY id LIMIT most));
    GET DIAGNOSTICS stripped = ROW_COUNT;
    RETURN stripped;
END $$;
