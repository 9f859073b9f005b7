-- Whom it is time to ask Stripe about again, and the events of those who were never linked: after 35 days Stripe itself lists them no more.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE FUNCTION forget_strangers() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH asked AS (DELETE FROM strangers WHERE asked_at < now() - interval '1 day' RETURNING 1),
         heard AS (DELETE FROM unclaimed_events WHERE created_at < now() - interval '35 days' RETURNING 1)
    SELECT (SELECT count(*) FROM asked) + (SELECT count(*) FROM heard)
$$;
REVOKE ALL ON FUNCTION forget_strangers() FROM PUBLIC;
