-- The same as before, parsed once per connection and not once per statement that calls it: PostgreSQL keeps the plans of this language.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
CREATE OR REPLACE FUNCTION audit_difference(one jsonb, other jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF one IS NULL THEN RETURN NULL; END IF;
    RETURN (SELECT jsonb_object_agg(key, value) FROM jsonb_each(one)
            WHERE value IS DISTINCT FROM other -> key AND (other IS NOT NULL OR value <> 'null') AND key <> 'updated_at');
END $$;
