-- The roles and schemas of a payments database: run by a superuser, connected to that database, as often as one likes.
--
--   psql -X -f roles.sql       with CHECKOUT_DATABASE_PASSWORD, WEBHOOK_…, REFUND_…, ANALYTICS_…, ENFORCEMENT_…,
--                              NOTIFICATION_… and OBSERVER_DATABASE_PASSWORD in the environment
--
-- With SUPERUSER_DATABASE_PASSWORD the superuser who runs it takes that password too.
--
-- Each service logs in with a role of its own, owns the schema of the same name, and sees no other. `observer` reads all.
\set ON_ERROR_STOP on
\set QUIET on
\set checkout ''
\set webhook ''
\set refund ''
\set analytics ''
\set enforcement ''
\set notification ''
\set observer ''
\set superuser ''
\getenv checkout CHECKOUT_DATABASE_PASSWORD
\getenv webhook WEBHOOK_DATABASE_PASSWORD
\getenv refund REFUND_DATABASE_PASSWORD
\getenv analytics ANALYTICS_DATABASE_PASSWORD
\getenv enforcement ENFORCEMENT_DATABASE_PASSWORD
\getenv notification NOTIFICATION_DATABASE_PASSWORD
\getenv observer OBSERVER_DATABASE_PASSWORD
\getenv superuser SUPERUSER_DATABASE_PASSWORD

BEGIN;
-- No statement of this session goes to the server's log: some carry passwords.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';
SET LOCAL client_min_messages = 'warning';

CREATE TEMPORARY TABLE wanted (role text PRIMARY KEY, password text NOT NULL, owns_schema boolean NOT NULL) ON COMMIT DROP;
INSERT INTO wanted VALUES
    ('checkout', :'checkout', true), ('webhook', :'webhook', true), ('refund', :'refund', true),
    ('analytics', :'analytics', true), ('enforcement', :'enforcement', true), ('notification', :'notification', true),
    ('observer', :'observer', false);

DO $$
DECLARE
    missing text := (SELECT string_agg(upper(role) || '_DATABASE_PASSWORD', ', ' ORDER BY role) FROM wanted WHERE password = '');
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'not set, or empty: %', missing USING HINT = 'Every role needs its password in the environment.';
    END IF;
END $$;

SELECT format('CREATE ROLE %I', role) FROM wanted WHERE role NOT IN (SELECT rolname FROM pg_roles) \gexec
SELECT format('ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD %L', role, password)
FROM wanted \gexec
SELECT format('ALTER ROLE %I PASSWORD %L', current_user, :'superuser') WHERE :'superuser' <> '' \gexec

-- The public has nothing here: neither a connection, nor a temporary table, nor the schema `public`.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
REVOKE ALL ON SCHEMA public FROM PUBLIC;

SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), role) FROM wanted \gexec
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', role) FROM wanted WHERE owns_schema \gexec
SELECT format('ALTER SCHEMA %I OWNER TO %I', role, role) FROM wanted WHERE owns_schema \gexec
-- Set on the role, not for one database, so that it also holds in a copy of this database.
SELECT format('ALTER ROLE %I SET search_path = %I', role, role) FROM wanted WHERE owns_schema \gexec

-- Reads every table there is and will be, and writes none.
GRANT pg_read_all_data TO observer;
ALTER ROLE observer SET default_transaction_read_only = on;
COMMIT;
