-- A hint is found by its customer alone: an index by its number would be read from the first hint there ever was, gone or not, because it has
-- the order that is asked for.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
ALTER TABLE hints DROP CONSTRAINT hints_pkey, DROP CONSTRAINT hints_stripe_event_id_key, ADD PRIMARY KEY (stripe_event_id);
