-- The roles and schemas of a payments database: run by a superuser, connected to that database, as often as one likes.
--
--   psql -X -f roles.sql       with CHECKOUT_DATABASE_PASSWORD and CHECKOUT_OWNER_DATABASE_PASSWORD, the same for WEBHOOK, REFUND,
--                              ANALYTICS, ENFORCEMENT and NOTIFICATION, and OBSERVER_DATABASE_PASSWORD in the environment
--
-- With SUPERUSER_DATABASE_PASSWORD the superuser who runs it takes that password too.
--
-- The schema of a service and all in it belong to <service>_owner, as whom the service migrates when it starts. It works as the role
-- <service>, which sees that schema and no other, and may do there what the service has granted it. `observer` reads all.
\set ON_ERROR_STOP on
\set QUIET on
\set checkout ''
\set checkout_owner ''
\set webhook ''
\set webhook_owner ''
\set refund ''
\set refund_owner ''
\set analytics ''
\set analytics_owner ''
\set enforcement ''
\set enforcement_owner ''
\set notification ''
\set notification_owner ''
\set observer ''
\set superuser ''
\getenv checkout CHECKOUT_DATABASE_PASSWORD
\getenv checkout_owner CHECKOUT_OWNER_DATABASE_PASSWORD
\getenv webhook WEBHOOK_DATABASE_PASSWORD
\getenv webhook_owner WEBHOOK_OWNER_DATABASE_PASSWORD
\getenv refund REFUND_DATABASE_PASSWORD
\getenv refund_owner REFUND_OWNER_DATABASE_PASSWORD
\getenv analytics ANALYTICS_DATABASE_PASSWORD
\getenv analytics_owner ANALYTICS_OWNER_DATABASE_PASSWORD
\getenv enforcement ENFORCEMENT_DATABASE_PASSWORD
\getenv enforcement_owner ENFORCEMENT_OWNER_DATABASE_PASSWORD
\getenv notification NOTIFICATION_DATABASE_PASSWORD
\getenv notification_owner NOTIFICATION_OWNER_DATABASE_PASSWORD
\getenv observer OBSERVER_DATABASE_PASSWORD
\getenv superuser SUPERUSER_DATABASE_PASSWORD

BEGIN;
-- No statement of this session goes to the server's log: some carry passwords.
SET LOCAL log_statement = 'none';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL log_min_error_statement = 'panic';
SET LOCAL client_min_messages = 'warning';

-- Roles are the server's: whoever plays this for another of its databases waits. Logins do not.
LOCK TABLE pg_catalog.pg_authid IN SHARE ROW EXCLUSIVE MODE;

CREATE TEMPORARY TABLE wanted (role text PRIMARY KEY, password text NOT NULL, schema text, is_owner boolean NOT NULL);
INSERT INTO wanted VALUES
    ('checkout', :'checkout', 'checkout', false), ('checkout_owner', :'checkout_owner', 'checkout', true),
    ('webhook', :'webhook', 'webhook', false), ('webhook_owner', :'webhook_owner', 'webhook', true),
    ('refund', :'refund', 'refund', false), ('refund_owner', :'refund_owner', 'refund', true),
    ('analytics', :'analytics', 'analytics', false), ('analytics_owner', :'analytics_owner', 'analytics', true),
    ('enforcement', :'enforcement', 'enforcement', false), ('enforcement_owner', :'enforcement_owner', 'enforcement', true),
    ('notification', :'notification', 'notification', false), ('notification_owner', :'notification_owner', 'notification', true),
    ('observer', :'observer', NULL, false);

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
SELECT format('CREATE SCHEMA IF NOT EXISTS %I', schema) FROM wanted WHERE is_owner \gexec
SELECT format('ALTER SCHEMA %I OWNER TO %I', schema, role) FROM wanted WHERE is_owner \gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', schema, role) FROM wanted WHERE NOT is_owner AND schema IS NOT NULL \gexec
-- Set on the role, not for one database, so that it also holds in a copy of this database.
SELECT format('ALTER ROLE %I SET search_path = %I', role, schema) FROM wanted WHERE schema IS NOT NULL \gexec
-- A function of an owner is nobody's to call until it is granted.
SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC', role) FROM wanted WHERE is_owner \gexec

-- Reads every table there is and will be, and writes none.
GRANT pg_read_all_data TO observer;
ALTER ROLE observer SET default_transaction_read_only = on;
COMMIT;

-- Until there were owners, each service owned its tables. Services of that time may be at work: so one table after the other goes over,
-- each at once with what they need until the new ones grant what is right. What has an owner is left alone.
SET lock_timeout = '30s';
SELECT format('ALTER TABLE %1$s OWNER TO %2$I; GRANT SELECT, INSERT, UPDATE, DELETE ON %1$s TO %3$I', class.oid::regclass, wanted.role, schema)
FROM wanted JOIN pg_class AS class ON relnamespace = to_regnamespace(schema) AND relowner = to_regrole(schema)
WHERE is_owner AND relkind IN ('r', 'p') \gexec
SELECT format('ALTER SEQUENCE %1$s OWNER TO %2$I; GRANT USAGE ON %1$s TO %3$I', class.oid::regclass, wanted.role, schema)
FROM wanted JOIN pg_class AS class ON relnamespace = to_regnamespace(schema) AND relowner = to_regrole(schema)
WHERE is_owner AND relkind = 'S' \gexec
DROP TABLE wanted;
