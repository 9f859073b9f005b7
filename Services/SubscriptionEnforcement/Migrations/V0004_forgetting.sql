-- What was heard of strangers 35 days ago: an account may serve other businesses too, and whoever is linked later is looked at anyway.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE FUNCTION forget_strangers() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    WITH heard AS (
        DELETE FROM hints WHERE received_at < now() - interval '35 days'
            AND NOT EXISTS (SELECT FROM customers WHERE customers.stripe_customer_id = hints.stripe_customer_id) RETURNING 1)
    SELECT count(*) FROM heard
$$;
REVOKE ALL ON FUNCTION forget_strangers() FROM PUBLIC;
