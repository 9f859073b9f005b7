-- What waits to be published stands apart, and so do bodies: publishing and judging an event write neither again.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
ALTER TABLE stripe_webhooks SET (toast_tuple_target = 256, fillfactor = 80);
CREATE TABLE webhooks_pending (
    id bigint PRIMARY KEY,               -- of stripe_webhooks
    not_before timestamptz               -- set when the broker returned it: others go first until then
);
ALTER TABLE webhooks_pending SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);
INSERT INTO webhooks_pending SELECT id, not_before FROM stripe_webhooks WHERE published_at IS NULL;
ALTER TABLE stripe_webhooks DROP COLUMN not_before;
DROP INDEX stripe_webhooks_unpublished;

-- Whatever is stored and not published waits, whoever stores it.
CREATE FUNCTION webhooks_wait() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO webhooks_pending (id) SELECT id FROM stored WHERE published_at IS NULL;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION webhooks_wait() FROM PUBLIC;
CREATE TRIGGER webhooks_wait AFTER INSERT ON stripe_webhooks REFERENCING NEW TABLE AS stored
    FOR EACH STATEMENT EXECUTE FUNCTION webhooks_wait();
